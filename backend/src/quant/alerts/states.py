"""What of a rule outlives the process, as JSON text."""

import msgspec
from msgspec import Struct


class ClauseState(Struct, frozen=True, omit_defaults=True):
    """Where one condition stands.

    Of a crossing: on which side of its value the last observation was (`side`) and the one of another bar before it
    (`before`), and the bar of the last. Of a clock: since when it runs, or how far it came until it was stopped.
    """

    side: bool | None = None
    before: bool | None = None
    bar_time: int | None = None
    since: int | None = None
    elapsed: int = 0


class RuleState(Struct, frozen=True, omit_defaults=True):
    """Where a rule stands; `question` is that of the rule it belongs to (`Rule.question`)."""

    question: str
    event_id: str | None = None
    """The event that has not ended."""
    fired_at: int | None = None
    is_spent: bool = False
    clauses: tuple[ClauseState, ...] = ()


def encode_state(state: RuleState) -> str:
    """Return the text that `decode_state` reads."""
    return msgspec.json.encode(state).decode()


def decode_state(text: str) -> RuleState:
    """Return the state that was encoded; raises msgspec.DecodeError when the text is nothing of the kind."""
    return msgspec.json.decode(text, type=RuleState)
