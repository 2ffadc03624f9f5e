"""How the stream stands."""

from dataclasses import dataclass
from typing import Literal

from quant.domain import SymbolSpec

StreamState = Literal["connecting", "live", "quiet", "stale", "gap", "halted", "stopped"]
SourceState = Literal["starting", "ready", "unreachable", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class ConnectionView:
    id: str
    state: Literal["connecting", "open", "waiting", "closed"]
    since: int
    streams: int
    messages: int
    reconnects: int
    retry_at: int | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class SymbolStatusView:
    symbol: str
    state: StreamState
    reason: str | None
    last_id: int | None
    last_time: int | None
    last_price: float | None
    ticks: int
    rate: float
    latency_ms: float | None
    gaps_open: int
    gaps_filled: int
    gaps_confirmed: int
    duplicates: int
    out_of_order: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class JournalView:
    """Where storing stands: `off` for a market that is not stored; rows count since the start."""

    state: Literal["off", "ok", "behind", "failing"] = "off"
    reason: str | None = None
    lag_ms: float = 0.0  # age of the oldest trade that is not on the disk
    pending_rows: int = 0
    committed_rows: int = 0
    dropped_rows: int = 0


@dataclass(frozen=True, slots=True)
class AnalyticsView:
    """How the refreshing of pairs keeps up; `refreshed` and `shed` count since the market was chosen."""

    pairs: int = 0  # somebody looks at
    stale: int = 0  # of these wait for a refresh that did not fit into the cadence
    refreshed: int = 0
    shed: int = 0


@dataclass(frozen=True, slots=True)
class HubView:
    """How the fan-out does; values count since the start."""

    listeners: int
    topics: int  # somebody listens to
    values: int  # put into a topic
    skipped: int  # overtaken by a newer one before a listener had read them
    let_go: int  # listeners that left too many alerts unread


@dataclass(frozen=True, slots=True)
class AlertsStatusView:
    """How the alerts of the running market stand; events and deliveries count since the server's start."""

    rules: int = 0
    firing: int = 0
    metrics: int = 0  # watched numbers
    pairs: int = 0  # analyses that rules need
    waiting: int = 0  # moments that have been observed and not evaluated yet
    events: int = 0
    delivered: int = 0
    failed: int = 0  # attempts
    dead: int = 0
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class StatusView:
    market: str
    as_of: int | None
    seq: int
    running: bool
    source: str
    source_state: SourceState
    reason: str | None
    finished: bool
    speed: float
    connections: tuple[ConnectionView, ...]
    symbols: tuple[SymbolStatusView, ...]
    journal: JournalView
    analytics: AnalyticsView = AnalyticsView()
    alerts: AlertsStatusView = AlertsStatusView()


@dataclass(frozen=True, slots=True)
class SymbolsView:
    market: str
    as_of: int | None
    items: tuple[SymbolSpec, ...]
    streaming: frozenset[str]
