"""What happened: a rule fired, with all that explains it, and later its event ended."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from quant.alerts.clauses import TRUE, UNKNOWN, Clause
from quant.alerts.conditions import WORDS, Condition
from quant.alerts.readings import TradeSpan
from quant.alerts.rules import Document, Rule, condition_document, rule_document
from quant.clock import NS_PER_MS, NS_PER_S

EndReason = Literal["cleared", "edited", "disabled", "expired", "deleted"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One condition at the firing. `holds` and `value` are None where the metric could not be used; `note` says why."""

    pointer: str
    condition: Condition
    holds: bool | None
    value: float | None
    held_since: int | None  # ns, of a condition with `for_s`
    bar_time: int | None  # open time of the newest bar in the value, ns
    revision: int
    trades: tuple[TradeSpan, ...]
    quality: Mapping[str, int]
    note: str


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """A rule fired at `time` (market time, ns). The same data give the same event, its id included."""

    id: str
    market: str
    rule_id: str
    rule_revision: int
    rule: Rule
    time: int
    reason: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """An event is over: its rule re-armed, or nobody asks any more."""

    event_id: str
    rule_id: str
    time: int
    reason: EndReason


def event_id(*, market: str, rule_id: str, rule_revision: int, time: int) -> str:
    """Return the id of a rule's firing: a rule fires once at a moment at most."""
    told = "\n".join((market, rule_id, str(rule_revision), str(time)))
    return hashlib.blake2b(told.encode(), digest_size=12).hexdigest()


def evidence_of(clause: Clause) -> Evidence:
    """Return how a condition stands."""
    gauge, reading = clause.gauge, clause.gauge.reading
    known = reading if gauge.is_known else None
    return Evidence(
        pointer=clause.pointer,
        condition=clause.condition,
        holds=None if clause.state == UNKNOWN else clause.state == TRUE,
        value=None if known is None else known.value,
        held_since=clause.held_since,
        bar_time=None if reading is None else reading.bar_time,
        revision=0 if reading is None else reading.revision,
        trades=() if reading is None else reading.trades,
        quality=(reading.quality if reading is not None else None) or {},
        note=clause.unknown_because,
    )


def reason_of(evidence: tuple[Evidence, ...]) -> str:
    """Return the sentence that tells why a rule fired: the conditions that hold."""
    return "; ".join(_sentence(each) for each in evidence if each.holds)


def _sentence(evidence: Evidence) -> str:
    condition = evidence.condition
    key = condition.key
    over = ", ".join(
        str(part) for part in (key.interval, key.window, key.method, key.scale) if part is not None
    )
    held = f" for {condition.for_s:g} s" if condition.for_s else ""
    return (
        f"{key.metric} of {key.subject}{f' ({over})' if over else ''} is {evidence.value:.6g}, "
        f"{WORDS[condition.op]} {condition.value:.6g}{held}"
    )


def event_document(event: AlertEvent) -> Document:
    """Return the event as a JSON object, times in ms."""
    return {
        "id": event.id,
        "market": event.market,
        "rule_id": event.rule_id,
        "rule_revision": event.rule_revision,
        "rule": rule_document(event.rule),
        "severity": event.rule.severity.value,
        "time": event.time // NS_PER_MS,
        "reason": event.reason,
        "evidence": [_evidence_document(each) for each in event.evidence],
    }


def _evidence_document(evidence: Evidence) -> Document:
    since, bar_time = evidence.held_since, evidence.bar_time
    return {
        "pointer": evidence.pointer,
        "condition": condition_document(evidence.condition),
        "unit": evidence.condition.key.spec.unit,
        "holds": evidence.holds,
        "value": evidence.value,
        "held_since": None if since is None else since // NS_PER_MS,
        "bar_time": None if bar_time is None else bar_time // NS_PER_MS,
        "revision": evidence.revision,
        "trades": [
            {"symbol": span.symbol, "first_id": span.first_id, "last_id": span.last_id}
            for span in evidence.trades
        ],
        "quality": dict(evidence.quality),
        "note": evidence.note,
    }


def duration_s(event: AlertEvent, ending: Ending) -> float:
    """Return how long an event lasted, in market seconds."""
    return (ending.time - event.time) / NS_PER_S
