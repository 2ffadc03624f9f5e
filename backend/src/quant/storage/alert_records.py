"""What the store of alerts takes and gives. Documents are JSON text; the store does not look into them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

DeliveryState = Literal["waiting", "delivered", "dead"]


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule; `revision` counts its changes from 1. Times are ms of the machine."""

    id: str
    revision: int
    document: str
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to store, and the channels that are to tell of it. `time` is that of the market, ns."""

    id: str
    rule_id: str
    severity: str
    time: int
    document: str
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventEnd:
    event_id: str
    time: int  # of the market, ns
    reason: str


@dataclass(frozen=True, slots=True)
class AlertChanges:
    """What a step of the evaluator changed, to be stored as one: all of it or nothing.

    `states` holds the documents of rules whose state changed, at `as_of` of the market.
    """

    market: str
    as_of: int
    events: tuple[NewEvent, ...] = ()
    ends: tuple[EventEnd, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it stands. `seq` counts events, `change` changes of events: firing, end and acknowledgement."""

    seq: int
    id: str
    market: str
    rule_id: str
    severity: str
    time: int
    document: str
    ended_at: int | None
    ended_because: str | None
    acknowledged_at: int | None  # ms of the machine
    change: int


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events: None is any. `start` ≤ time < `end`, ns of the market."""

    market: str | None = None
    rule_id: str | None = None
    severities: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None
    is_acknowledged: bool | None = None
    is_over: bool | None = None


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events, newest first; pass `next_before` for the page after it, None when there is none."""

    items: tuple[StoredEvent, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """An event on its way to one channel. `attempts` counts those that failed; times are ms of the machine."""

    id: int
    channel: str
    state: DeliveryState
    attempts: int
    due_at: int
    error: str
    updated_at: int
    event: StoredEvent
