"""What the API may know of an engine: questions, answers, and a stream of updates. No live objects.

Times in views are nanoseconds UTC. Arrays in views are copies and are never written again.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from quant.alerts.preview import Preview
from quant.alerts.rules import Document
from quant.domain import Bars, ByteArray, FloatArray, HedgeMethod, IntArray, Pair, Scale, SymbolSpec

if TYPE_CHECKING:  # a command that only asks a server need not load the kernels behind these
    from quant.analytics.lab_results import PairExamination
    from quant.analytics.pair_table import PairTable
    from quant.analytics.results import PairAnalysis, Signal, Status, UnitRootTest
    from quant.analytics.series_results import KpssTest

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


@dataclass(frozen=True, slots=True)
class BarsView:
    market: str
    as_of: int | None
    seq: int
    symbol: str
    interval: str
    bars: Bars
    next_end: int | None  # pass as `end` for the page before


@dataclass(frozen=True, slots=True)
class TicksView:
    market: str
    as_of: int | None
    seq: int
    symbol: str
    ids: IntArray
    times: IntArray
    prices: FloatArray
    sizes: FloatArray
    sells: ByteArray
    next_end: int | None


@dataclass(frozen=True, slots=True)
class GapView:
    first_id: int
    last_id: int
    state: Literal["open", "filled", "confirmed"]
    found_at: int


@dataclass(frozen=True, slots=True)
class GapsView:
    market: str
    as_of: int | None
    symbol: str
    items: tuple[GapView, ...]


@dataclass(frozen=True, slots=True)
class SecondsView:
    """The last value of each second, oldest first: `values` is (n, columns).

    Quotes: bid, bid size, ask, ask size. Funding: mark, index, funding rate, next funding (ns).
    """

    market: str
    as_of: int | None
    seq: int
    kind: Literal["quote", "funding"]
    symbol: str
    times: IntArray
    values: FloatArray
    latest: tuple[int, tuple[float, ...]] | None
    """Time and values of the newest, whatever part of the series this is; None before the first."""
    stale_reason: str = ""
    """Why the newest may be out of date, empty while the stream brings what it usually does."""


@dataclass(frozen=True, slots=True)
class SymbolStatsView:
    symbol: str
    ticks: int
    capacity: int
    bytes: int
    rate: float
    first_time: int | None
    last_time: int | None
    bars: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StatsView:
    market: str
    as_of: int | None
    symbols: tuple[SymbolStatsView, ...]


@dataclass(frozen=True, slots=True)
class BuffersView:
    """What all symbols together hold in memory; quiet bars count as any other."""

    symbols: int
    ticks: int
    tick_capacity: int
    tick_bytes: int
    bars: int
    bar_bytes: int


@dataclass(frozen=True, slots=True)
class DelaysView:
    """How late trades came: `counts[k]` by at most the k-th bound and more than the one before, the last by more than
    all; percentiles are None where no trade came."""

    trades: int
    counts: tuple[int, ...]
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None


@dataclass(frozen=True, slots=True)
class LatencyView:
    """Receive time minus exchange time of the newest trades, `most` a symbol, of the last `over_s` of market time."""

    status: Literal["ok", "no_trades", "not_comparable"]
    reason: str | None
    over_s: int
    most: int
    bounds_ms: tuple[int, ...]
    total: DelaysView
    symbols: Mapping[str, DelaysView]


@dataclass(frozen=True, slots=True)
class SystemView:
    market: str
    as_of: int | None
    buffers: BuffersView
    journal: JournalView
    latency: LatencyView


@dataclass(frozen=True, slots=True)
class PairKey:
    """Which numbers: one of these is computed once, however many ask for it."""

    pair: Pair
    interval: str
    window: int
    method: HedgeMethod
    scale: Scale

    def __str__(self) -> str:
        return f"{self.pair}:{self.interval}:{self.window}:{self.method}:{self.scale}"


@dataclass(frozen=True, slots=True)
class LiveValues:
    """The forming bar at the newest fit; NaN where there is none."""

    spread: float
    zscore: float
    time: int | None


@dataclass(frozen=True, slots=True)
class PairSeriesView:
    """Rolling values of the bars that open at `times`; prices as traded, the rest in units of the scale."""

    times: IntArray
    prices_a: FloatArray
    prices_b: FloatArray
    alpha: FloatArray
    beta: FloatArray
    sd: FloatArray
    spread: FloatArray
    zscore: FloatArray
    correlation: FloatArray


@dataclass(frozen=True, slots=True)
class PairView:
    market: str
    as_of: int | None
    seq: int
    key: PairKey
    interval_s: int
    analysis: "PairAnalysis"
    signal: "Signal"  # the analysis' own, or none where a leg is not live
    signal_reason: str
    first_time: int | None
    last_time: int | None
    qualities: Mapping[str, int]
    live: LiveValues
    series: PairSeriesView
    stale_reason: str = ""  # why newer bars are not in these numbers yet, empty where none are missing
    zscore_reason: str = ""  # why there is no z-score or no correlation, empty where there is one
    correlation_reason: str = ""


# --- exports: pages of rows, oldest first ---


@dataclass(frozen=True, slots=True)
class BarRowsView:
    """A page of bars; `next_start` is where the next one starts, None at the end."""

    market: str
    as_of: int | None
    symbol: str
    interval: str
    bars: Bars
    next_start: int | None


@dataclass(frozen=True, slots=True)
class TickRowsView:
    """A page of trades by rising id; the next one is that of `next_start` after the last id, None at the end."""

    market: str
    as_of: int | None
    symbol: str
    ids: IntArray
    times: IntArray
    prices: FloatArray
    sizes: FloatArray
    sells: ByteArray
    next_start: int | None


@dataclass(frozen=True, slots=True)
class PairRowsView:
    """A page of a pair's rolling values, of bars that both legs have; `qualities` are the worse leg's.

    `have` bars were there to compute them from, `need` make one row complete.
    """

    market: str
    as_of: int | None
    key: PairKey
    series: PairSeriesView
    qualities: IntArray
    have: int
    need: int
    next_start: int | None


@dataclass(frozen=True, slots=True)
class StoredSpanView:
    """Between which times (ns, both included) trades are held, or bars of an interval."""

    interval: str | None
    first_time: int
    last_time: int


@dataclass(frozen=True, slots=True)
class StoredView:
    market: str
    as_of: int | None
    symbol: str
    items: tuple[StoredSpanView, ...]


@dataclass(frozen=True, slots=True)
class ImportedSpanView:
    """What a file gave to a market; of bars, `first`, `last` and holes are open times (ns), of trades ids."""

    name: str
    market: str
    symbol: str
    interval: str | None
    rows: int
    is_whole: bool
    first: int | None
    last: int | None
    holes: tuple[tuple[int, int], ...]  # the first few, both ends included
    hole_count: int
    missing: int


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """Which bars of one symbol a test of a given series is made on."""

    symbol: str
    interval: str
    window: int
    scale: Scale


@dataclass(frozen=True, slots=True)
class UnitRootView:
    """Is one symbol's own series a walk? ADF, whose null says so, and KPSS, whose null says the opposite."""

    market: str
    as_of: int | None
    key: SeriesKey
    have: int
    need: int
    first_time: int | None
    last_time: int | None
    qualities: Mapping[str, int]
    adf: "UnitRootTest"
    kpss: "KpssTest"


@dataclass(frozen=True, slots=True)
class LabView:
    """A pair under every method and every test. `times` are those of the examination's rows, `residual_times` those of
    its residuals; `qualities` counts the bars of the window."""

    market: str
    as_of: int | None
    key: PairKey
    interval_s: int
    first_time: int | None
    last_time: int | None
    qualities: Mapping[str, int]
    examination: "PairExamination"
    times: IntArray
    residual_times: IntArray


@dataclass(frozen=True, slots=True)
class ScanOrder:
    """Which pairs to test on which bars: of all streaming symbols, or of those named; times in ns, half-open.

    With `calibrate` each pair that would be called is held against its own null, for a price.
    """

    interval: str
    window: int | None  # the newest so many bars; None for all between start and end
    scale: Scale = Scale.LOG
    symbols: tuple[str, ...] | None = None
    start: int | None = None
    end: int | None = None
    calibrate: bool = False


@dataclass(frozen=True, slots=True)
class ScanView:
    """All pairs of `symbols` on one window; row k of the table is `symbols[i[k]]` on `symbols[j[k]]`.

    `seq` is 0 where the scan is of no topic. Without a table, `status` and `reason` say why.
    `qualities` counts each symbol's bars by quality. `critical_values` are those of every row's statistics.
    `holdout_share` is the share of the bars, the last ones, that tests what passed `screen` and `fit` on the others.
    """

    market: str
    as_of: int | None
    seq: int
    interval: str
    window: int
    scale: Scale
    symbols: tuple[str, ...]
    status: "Status"
    reason: str
    have: int
    need: int
    first_time: int | None
    last_time: int | None
    table: "PairTable | None"
    qualities: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    critical_values: Mapping[str, float] = field(default_factory=dict)
    holdout_share: float | None = None
    screen: float | None = None
    fit: float | None = None
    calibrated: bool = False


@dataclass(frozen=True, slots=True)
class TruePairView:
    symbol_a: str
    symbol_b: str
    kind: Literal["cointegrated", "correlated", "independent"]
    scale: Literal["level", "log"]
    alpha: float | None
    beta: float | None
    noise_sd: float | None
    half_life_s: float | None
    correlation: float | None


@dataclass(frozen=True, slots=True)
class TruthView:
    market: str
    seed: int
    pairs: tuple[TruePairView, ...]


@dataclass(frozen=True, slots=True)
class ConfigView:
    market: str
    source: str
    sources: tuple[str, ...]
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readiness:
    status: Literal["ok", "starting", "degraded"]
    reason: str | None


JobKind = Literal["import", "backfill"]
JobState = Literal["waiting", "running", "done", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What is to be known of files to import, besides what they say themselves."""

    market: str = "binance-um"
    symbol: str | None = None
    interval: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class BackfillOrder:
    """Which missing trades to fetch: a range of one symbol's ids, or those between stored ids of a span (ns)."""

    symbols: tuple[str, ...]
    start: int | None = None
    end: int | None = None
    first_id: int | None = None
    last_id: int | None = None


@dataclass(frozen=True, slots=True)
class FileReport:
    """What an imported file held and lacks; of bars, `first`, `last` and holes are open times and `missing` bars."""

    name: str
    market: str
    symbol: str
    interval: str | None
    checked: bool  # against the checksum beside it
    rows: int
    resumed_from: int
    first: int | None
    last: int | None
    duplicates: int
    out_of_order: int
    holes: tuple[tuple[int, int], ...]  # the first few, both ends included
    hole_count: int
    missing: int


@dataclass(frozen=True, slots=True)
class FillReport:
    """What became of a symbol's missing ids; a confirmed one is an id that the exchange has no trade for."""

    symbol: str
    missing: int
    received: int
    confirmed: int
    left: tuple[tuple[int, int], ...]  # the first few ranges that are still open
    left_count: int


@dataclass(frozen=True, slots=True)
class JobView:
    """Where an import or a back-fill stands."""

    id: str
    kind: JobKind
    title: str
    state: JobState
    phase: str
    rows: int
    bytes_done: int
    bytes_total: int
    days_done: int
    days_total: int
    created_at: int
    finished_at: int | None
    files: tuple[FileReport, ...]
    fills: tuple[FillReport, ...]
    errors: tuple[str, ...]


# --- alerts ---


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


# --- recordings ---


@dataclass(frozen=True, slots=True)
class ReplayView:
    """How a recording is being played: from `begin` to `end`, now at `position`, on its way to `seeking_to`."""

    market: str
    as_of: int | None
    begin: int
    end: int
    position: int
    seeking_to: int | None
    speed: float
    paused: bool
    finished: bool


@dataclass(frozen=True, slots=True)
class ReplayOrder:
    """What to change of it; None leaves it as it is. `position` is in ns."""

    position: int | None = None
    speed: float | None = None
    paused: bool | None = None


# --- users ---


@dataclass(frozen=True, slots=True)
class UserView:
    """Somebody who may sign in; `generation` changes with what ends sign-ins, `created_at` is ms of the machine."""

    name: str
    role: str
    password_hash: str = field(repr=False)
    generation: str = field(repr=False)
    created_at: int


@dataclass(frozen=True, slots=True)
class AccountsView:
    """All users by name, and the ids of tokens that are taken no more."""

    users: tuple[UserView, ...]
    revoked: frozenset[str]


class Accounts(Protocol):
    """Users and revoked tokens, as they are kept."""

    async def all(self) -> AccountsView: ...

    async def add(self, name: str, *, role: str, password_hash: str) -> None:
        """Add a user; raises AlreadyThere."""
        ...

    async def change(self, name: str, *, role: str | None, password_hash: str | None) -> None:
        """Put a role or a password in the place of a user's own, and end its sign-ins in any case; raises NotFound."""
        ...

    async def remove(self, name: str) -> None: ...

    async def revoke(self, token_id: str, *, expires_at: int) -> None:
        """Have a token taken no more, which expires at this Unix second."""
        ...


View = AlertsView | StatusView | BarsView | TicksView | SecondsView | PairView | ScanView


@dataclass(slots=True)
class Frame:
    """One message of a topic, shared by all its listeners.

    `encoded` and `framed`, the text and the bytes on the wire, belong to whoever sends it: made once.
    """

    topic: str
    kind: Literal["snapshot", "update"]
    time: int
    view: View
    encoded: bytes | None = field(default=None, repr=False)
    framed: bytes | None = field(default=None, repr=False)


Offer = Callable[[Frame], bool]
"""Takes a frame for a client at once; returns False, and takes nothing, where that would have to wait."""


class Subscription(Protocol):
    """One listener's topics. Not reading costs nobody else: only the newest of each topic waits."""

    def add(self, topic: str) -> None:
        """Listen to `topic`, a snapshot first; raises InvalidInput when there is no such topic."""
        ...

    def remove(self, topic: str) -> None: ...

    def frames(self) -> AsyncIterator[list[Frame]]:
        """Yield what is new and was not taken when offered, at least one frame at a time, until `close`."""
        ...

    def close(self) -> None: ...


Spend = Callable[[float], None]
"""Told how many seconds a computation is expected to take, before it begins and where it is nobody else's too; raises
where the caller may not have it."""


def freely(_: float) -> None:
    """Have whatever it takes."""


class Engine(Protocol):
    """A market engine. Every method may raise a QuantError with the sentence to show."""

    session: str
    """Changes with every start of the engine."""

    @property
    def accounts(self) -> Accounts:
        """The users; to be asked once the engine has started."""
        ...

    @property
    def market(self) -> str:
        """The name of the market that runs."""
        ...

    async def start(self) -> None:
        """Claim the data directory and bring the source up in the background."""
        ...

    async def stop(self) -> None: ...

    def readiness(self) -> Readiness: ...

    async def config(self) -> ConfigView: ...

    async def stream_start(self, symbols: Sequence[str] | None, *, source: str | None) -> StatusView: ...

    async def stream_stop(self, symbols: Sequence[str] | None) -> StatusView: ...

    async def status(self) -> StatusView: ...

    async def symbols(self) -> SymbolsView: ...

    async def bars(
        self, symbol: str, interval: str, *, limit: int, start: int | None, end: int | None
    ) -> BarsView: ...

    async def ticks(self, symbol: str, *, limit: int, start: int | None, end: int | None) -> TicksView: ...

    async def gaps(self, symbol: str, *, start: int | None, end: int | None) -> GapsView: ...

    async def quotes(self, symbol: str, *, limit: int, start: int | None, end: int | None) -> SecondsView: ...

    async def funding(
        self, symbol: str, *, limit: int, start: int | None, end: int | None
    ) -> SecondsView: ...

    async def bar_rows(
        self, symbol: str, interval: str, *, start: int | None, end: int | None
    ) -> BarRowsView: ...

    async def tick_rows(
        self, symbol: str, *, start: int | None, end: int | None, after_id: int | None
    ) -> TickRowsView: ...

    async def pair_rows(self, key: PairKey, *, start: int | None, end: int | None) -> PairRowsView:
        """Return a page of closed bars; raises InvalidParameter where all pages would take too long to compute."""
        ...

    async def stored(self, symbol: str) -> StoredView:
        """Return which spans of a symbol's trades and bars are held, on the disk or in memory."""
        ...

    async def imported(self) -> tuple[ImportedSpanView, ...]:
        """Return what every file that was ever imported gave, by market and symbol."""
        ...

    async def stats(self) -> StatsView: ...

    async def system(self) -> SystemView:
        """Return what the running market holds in memory and how late its trades come."""
        ...

    async def pair(
        self, key: PairKey, *, start: int | None, end: int | None, limit: int, spend: Spend = freely
    ) -> PairView: ...

    async def unit_root(self, key: SeriesKey, *, end: int | None, spend: Spend = freely) -> UnitRootView:
        """Test one symbol's own closes, the `window` bars that end at the last closed one (before `end`)."""
        ...

    async def examine(self, key: PairKey, *, points: int, end: int | None, spend: Spend = freely) -> LabView:
        """Put a pair to every method and test, with hedge ratios at `points` bars up to the last closed one
        (before `end`)."""
        ...

    async def scan(self, order: ScanOrder, *, spend: Spend = freely) -> ScanView:
        """Test all pairs of the symbols; with the number of its topic where that is what was asked for."""
        ...

    async def truth(self) -> TruthView: ...

    async def replay(self) -> ReplayView:
        """Return how the recording is being played; raises NotFound where what runs is none."""
        ...

    async def control_replay(self, order: ReplayOrder) -> ReplayView:
        """Pause, hurry or move the recording, and return where it stands then.

        Returns once the moment is shown, after half a minute at the latest. Raises NotFound, InvalidParameter for a
        position outside of the recording, Unavailable where it cannot be read up to there.
        """
        ...

    async def import_files(self, names: Sequence[str], options: ImportOptions) -> JobView:
        """Start to import files of this machine; only for whoever may read the data directory."""
        ...

    async def import_upload(self, name: str, chunks: AsyncIterator[bytes], options: ImportOptions) -> JobView:
        """Keep what is sent in a file and start to import it."""
        ...

    async def backfill(self, order: BackfillOrder) -> JobView:
        """Start to fetch missing trades."""
        ...

    async def job(self, kind: JobKind, job_id: str) -> JobView: ...

    async def jobs(self, kind: JobKind) -> tuple[JobView, ...]:
        """Return the jobs of this server, newest first."""
        ...

    async def alerts(self) -> tuple[AlertRuleView, ...]:
        """Return all rules, oldest first."""
        ...

    async def alert(self, rule_id: str) -> AlertRuleView: ...

    async def add_alert(self, document: object) -> AlertRuleView:
        """Add a rule; raises InvalidRule for the first node that is wrong."""
        ...

    async def change_alert(self, rule_id: str, fields: Document) -> AlertRuleView:
        """Put these fields in the place of the rule's."""
        ...

    async def remove_alert(self, rule_id: str) -> None: ...

    async def active_alerts(self) -> AlertsView:
        """Return the events that last in the running market, as of the newest change that was told."""
        ...

    async def alert_events(self, query: AlertQuery, *, limit: int) -> AlertPage: ...

    async def acknowledge_alert(self, event_id: str, *, acknowledged: bool) -> AlertEventView: ...

    async def preview_alert(
        self, document: object, *, rule_id: str | None, start: int | None, end: int | None
    ) -> AlertPreviewView:
        """Run a rule over what is stored; of a saved one (`rule_id`), with the events' own ids."""
        ...

    async def dead_letters(self, *, before: int | None, limit: int) -> tuple[DeliveryView, ...]: ...

    async def retry_delivery(self, delivery_id: int) -> None: ...

    async def channels(self) -> tuple[str, ...]:
        """Return the names of the channels that the settings give."""
        ...

    def seconds_to_follow(self, topic: str) -> float:
        """Return the expected seconds of computing that one more listener to a topic brings at first."""
        ...

    def subscribe(self, offer: Offer) -> Subscription:
        """Return a subscription without topics; while `offer` takes frames nobody need read them."""
        ...

    def hub(self) -> HubView:
        """Return how the fan-out to all subscriptions does."""
        ...
