"""What the journal says of itself."""

from dataclasses import dataclass
from enum import StrEnum

BEHIND_AFTER_MS = 1000


class JournalState(StrEnum):
    OK = "ok"
    BEHIND = "behind"  # the disk is slow: the oldest row has waited for more than a second
    FAILING = "failing"  # the disk refuses; see the reason


@dataclass(frozen=True, slots=True)
class JournalStatus:
    """Where the journal stands; rows are counted since it was opened."""

    state: JournalState
    reason: str | None
    lag_ms: float  # age of the oldest row that is not committed
    pending_rows: int
    committed_rows: int
    dropped_rows: int
    dropped_bars: int


def state_of(*, failure: str | None, lag_ms: float) -> JournalState:
    """Return the state that a failure's reason, if any, and the age of the oldest waiting row make."""
    if failure is not None:
        return JournalState.FAILING
    return JournalState.BEHIND if lag_ms > BEHIND_AFTER_MS else JournalState.OK
