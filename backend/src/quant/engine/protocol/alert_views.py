"""Alert rules, their events, and what could not be delivered."""

from dataclasses import dataclass
from typing import Literal

from quant.alerts.preview import Preview
from quant.alerts.rules import Document


@dataclass(frozen=True, slots=True)
class AlertRuleView:
    """A rule and where it stands in the running market; times of its making are ms of the machine."""

    id: str
    revision: int
    document: Document
    created_at: int
    updated_at: int
    standing: str
    reason: str
    event_id: str | None
    fired_at: int | None


@dataclass(frozen=True, slots=True)
class AlertEventView:
    """An event as it stands; `change` is the number of its last change, `number` its own."""

    change: int
    number: int
    id: str
    market: str
    rule_id: str
    severity: str
    time: int
    document: Document
    ended_at: int | None
    ended_because: str | None
    acknowledged_at: int | None  # ms of the machine


@dataclass(frozen=True, slots=True)
class AlertsView:
    """Alert events by change, `seq` being the newest: those that last in a snapshot, what changed in an update."""

    market: str
    as_of: int | None
    seq: int
    items: tuple[AlertEventView, ...]
    is_news: bool = True
    """False for what was passed by while a recording was put at another moment."""


@dataclass(frozen=True, slots=True)
class AlertQuery:
    """Which events; None is any. With `since`, what changed after that change, in that order; newest first without."""

    market: str | None = None
    rule_id: str | None = None
    severities: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None
    is_acknowledged: bool | None = None
    is_over: bool | None = None
    before: int | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True)
class AlertPage:
    """`next` is what to give as `before`, or as `since`, for more; None where there is no more."""

    items: tuple[AlertEventView, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class AlertPreviewView:
    market: str
    as_of: int | None
    result: Preview
    horizons: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A message to one channel; times are ms of the machine."""

    id: int
    channel: str
    state: Literal["waiting", "delivered", "dead"]
    attempts: int
    due_at: int
    error: str
    updated_at: int
    event: AlertEventView
