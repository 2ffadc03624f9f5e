"""What goes over the wire, as JSON. Times are integer milliseconds UTC; what cannot be computed is null.

These models are the only definition of the HTTP and WebSocket payloads: `openapi.json` and the dashboard's
types are generated from them. `api.views` turns the engine's views into them.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from quant.api.given import TimeGiven, TradeId
from quant.settings import MAX_SPEED

MAX_SYMBOLS = 2000
"""Names in one order: more than any exchange lists."""

Milliseconds = Annotated[
    int, Field(description="milliseconds since the epoch, UTC", examples=[1763819520000])
]
StreamState = Literal["connecting", "live", "quiet", "stale", "gap", "halted", "stopped"]
BarQuality = Literal["complete", "partial", "quiet", "gap", "backfilled", "kline"]
Signal = Literal["sell", "buy", "neutral", "none"]
TestRole = Annotated[
    Literal["descriptive", "formation"],
    Field(
        description="descriptive: computed anew with every bar, a p of it is no verdict on the pair; "
        "formation: of a window that the request ended with `end`"
    ),
]
ResultStatus = Literal[
    "ok",
    "too_short",
    "missing",
    "zero_variance",
    "duplicate",
    "near_perfect",
    "not_reverting",
    "oscillating",
    "singular",
    "stale",
]


class Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="null")


class Problem(Wire):
    """application/problem+json; the values that explain the error stand beside these fields."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str


class MarketHeader(Wire):
    market: Annotated[
        str, Field(description="the market the data belong to", examples=["sim-7", "binance-um"])
    ]
    as_of: Annotated[Milliseconds | None, Field(description="market time; null before the first data")]


# --- stream -------------------------------------------------------------------------------------------------


class StreamStart(Wire):
    symbols: Annotated[
        list[str] | None,
        Field(
            description="symbols to add; none = AVAILABLE_SYMBOLS",
            examples=[["BTCUSDT", "ETHUSDT"]],
            max_length=MAX_SYMBOLS,
        ),
    ] = None
    source: Annotated[
        str | None, Field(description="switch to this source first", examples=["sim:7", "binance"])
    ] = None


class StreamStop(Wire):
    symbols: Annotated[
        list[str] | None, Field(description="symbols to stop; none = all", max_length=MAX_SYMBOLS)
    ] = None


class Replay(MarketHeader):
    """How a recording is being played. All times are market time."""

    begin: Annotated[Milliseconds, Field(description="time of its first trade")]
    end: Annotated[Milliseconds, Field(description="time of its last trade")]
    position: Annotated[
        Milliseconds, Field(description="where it is: what is shown is all that happened up to then")
    ]
    seeking_to: Annotated[
        Milliseconds | None, Field(description="it is on its way to this position; null once it is there")
    ]
    speed: Annotated[float, Field(description="market seconds per second; 0 = without waiting")]
    paused: bool
    finished: Annotated[bool, Field(description="it has been played to its end")]


class ReplayChange(Wire):
    """What to change; what is left out stays as it is."""

    position: Annotated[
        TimeGiven,
        Field(description="go there: ms or ISO-8601, between begin and end", examples=[1763819520000]),
    ] = None
    speed: Annotated[
        float | None,
        Field(
            ge=0,
            le=MAX_SPEED,
            strict=True,
            description="market seconds per second; 0 = without waiting",
            examples=[10],
        ),
    ] = None
    paused: StrictBool | None = None


class Connection(Wire):
    id: str
    state: Literal["connecting", "open", "waiting", "closed"]
    since: Milliseconds
    streams: int
    messages: int
    reconnects: int
    retry_at: Annotated[Milliseconds | None, Field(description="wall time of the next attempt")]
    last_error: str | None


class Gaps(Wire):
    open: int
    filled: int
    confirmed: int


class SymbolStatus(Wire):
    symbol: str
    state: StreamState
    reason: str | None
    last_id: int | None
    last_time: Milliseconds | None
    last_price: float | None
    ticks: Annotated[int, Field(description="trades taken in since the start of the stream")]
    rate: Annotated[float, Field(description="trades per second over the last minute of market time")]
    latency_ms: Annotated[float | None, Field(description="receive time minus exchange time, median")]
    gaps: Gaps
    duplicates: int
    out_of_order: int
    quarantined: int


class Journal(Wire):
    state: Annotated[
        Literal["off", "ok", "behind", "failing"],
        Field(description="off: this market is not stored; failing: the disk refuses, see the reason"),
    ]
    reason: str | None
    lag_ms: Annotated[float | None, Field(description="age of the oldest trade that is not on the disk")]
    pending_rows: int
    committed_rows: int
    dropped_rows: Annotated[int, Field(description="did not fit into memory; their ids are listed as holes")]


class AnalyticsStatus(Wire):
    """How the refreshing of pairs keeps up with those who look at them."""

    pairs: Annotated[int, Field(description="pairs that somebody looks at")]
    stale: Annotated[int, Field(description="of these, pairs whose refresh did not fit into the cadence")]
    refreshed: Annotated[int, Field(description="refreshes since the market was chosen")]
    shed: Annotated[int, Field(description="refreshes that were put off because there was no time for them")]


class StreamStatus(MarketHeader):
    seq: int
    running: bool
    source: str
    source_state: Literal["starting", "ready", "unreachable", "failed", "stopped"]
    reason: Annotated[str | None, Field(description="why the source is not ready, in one sentence")]
    finished: Annotated[bool, Field(description="a recording has come to its end")]
    speed: Annotated[float, Field(description="market seconds per wall second")]
    connections: list[Connection]
    symbols: list[SymbolStatus]
    journal: Journal
    analytics: AnalyticsStatus


class SymbolOut(Wire):
    symbol: str
    base: str
    quote: str
    status: Annotated[str, Field(description="the exchange's own word, such as TRADING")]
    tick_size: float
    step_size: float
    streaming: bool


class SymbolList(MarketHeader):
    items: list[SymbolOut]
    next: str | None


# --- data ---------------------------------------------------------------------------------------------------


class Bar(Wire):
    """`time` is the open time. A bar without trades repeats the last close (quiet) or has null prices (gap)."""

    time: Milliseconds
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float
    quote_volume: float
    trades: int
    vwap: float | None
    closed: bool
    quality: BarQuality
    revision: int


class EventBar(Bar):
    """A bar of a number of trades or of a volume; `time` is that of its first trade, and two may share one."""

    first_id: int
    last_id: int


class BarList(MarketHeader):
    seq: int
    symbol: str
    interval: str
    items: list[EventBar | Bar]
    next: Annotated[str | None, Field(description="pass as `end` to read the page before this one")]


class Tick(Wire):
    id: int
    time: Milliseconds
    price: float
    size: float
    side: Literal["buy", "sell"]


class TickList(MarketHeader):
    seq: int
    symbol: str
    items: list[Tick]
    next: str | None


class Gap(Wire):
    first_id: int
    last_id: int
    state: Literal["open", "filled", "confirmed"]
    found_at: Milliseconds


class GapList(MarketHeader):
    symbol: str
    items: list[Gap]
    next: str | None


class StoredSpan(Wire):
    """Between which times something is held, on the disk or in memory; holes between are in `/data/{symbol}/gaps`."""

    interval: Annotated[str | None, Field(description="of bars; null for trades")]
    first_time: Milliseconds
    last_time: Milliseconds


class StoredSpanList(MarketHeader):
    symbol: str
    items: list[StoredSpan]
    next: None


class Quote(Wire):
    """Best bid and ask, with what stands there."""

    time: Milliseconds
    bid: float
    bid_size: float
    ask: float
    ask_size: float


Stale = Annotated[bool, Field(description="true while the stream does not bring what it usually does")]


class QuoteList(MarketHeader):
    """`latest` and the last quote of each second, oldest first; null and empty where none has come."""

    seq: int
    symbol: str
    stale: Stale
    stale_reason: str | None
    latest: Quote | None
    items: list[Quote]
    next: str | None


class Funding(Wire):
    """Mark and index price, and the funding rate to be paid at `next_funding_time`."""

    time: Milliseconds
    mark: float
    index: float
    funding_rate: float
    next_funding_time: Milliseconds


class FundingList(MarketHeader):
    """`latest` and the last value of each second, oldest first; null and empty where none has come."""

    seq: int
    symbol: str
    stale: Stale
    stale_reason: str | None
    latest: Funding | None
    items: list[Funding]
    next: str | None


class SymbolStats(Wire):
    symbol: str
    ticks: int
    capacity: int
    bytes: int
    rate: float
    first_time: Milliseconds | None
    last_time: Milliseconds | None
    bars: dict[str, int]


class TotalStats(Wire):
    symbols: int
    ticks: int
    bytes: int
    rate: float


class DataStats(MarketHeader):
    symbols: list[SymbolStats]
    total: TotalStats


# --- analytics ----------------------------------------------------------------------------------------------


class WindowQuality(Wire):
    """How many bars of the window are of which quality, both legs together at their worse."""

    complete: int
    partial: int
    quiet: int
    gap: int
    backfilled: int
    kline: int


class TestResult(Wire):
    """A test of the null hypothesis `null`; critical values by level."""

    role: TestRole

    __test__ = False  # not a pytest class

    statistic: float | None
    p_value: float | None
    lags: int | None
    n: int
    critical_values: Annotated[
        dict[str, float] | None, Field(examples=[{"1%": -4.07, "5%": -3.43, "10%": -3.1}])
    ]
    null: str
    regression: Annotated[
        str, Field(description="deterministic terms of the regression: n none, c constant, ct with trend")
    ]
    autolag: Annotated[str | None, Field(description="how `lags` was chosen: aic, bic or none")]
    max_lag: Annotated[int | None, Field(description="the most lags that were tried")]
    series_in_test: Annotated[
        int | None, Field(description="MacKinnon's N: 1 a given series, 2 an estimated pair's residuals")
    ]
    status: ResultStatus
    reason: str | None


class CointegrationResult(TestResult):
    """Engle-Granger; `p_value` is min(1, 2·min(p_yx, p_xy)); `direction` tells which regression gave it."""

    direction: Literal["y_on_x", "x_on_y"] | None
    p_yx: float | None
    p_xy: float | None
    statistic_yx: float | None
    statistic_xy: float | None
    lags_yx: int | None
    lags_xy: int | None
    note: Annotated[str | None, Field(description="whose residuals were tested, where the method is not ols")]


class KpssResult(TestResult):
    """KPSS; `lags` is the bandwidth, `p_bound` tells where `p_value` is an end of the published table."""

    p_bound: Literal["", "at most", "at least"]


class HalfLife(Wire):
    """Time for the spread to lose half of a deviation, with a 95 % interval: `low`, `high` in bars."""

    bars: float | None
    seconds: float | None
    low: float | None
    high: Annotated[float | None, Field(description="null with status ok = unbounded")]
    low_seconds: float | None
    high_seconds: Annotated[float | None, Field(description="null with status ok = unbounded")]
    status: ResultStatus
    reason: str | None


class LivePair(Wire):
    """The same with the forming bar's prices, valued at the newest fit."""

    spread: float | None
    zscore: float | None
    time: Milliseconds | None


class PairSeries(Wire):
    """Rolling values, one entry a bar, oldest first; each is known at that bar's close and uses no later bar."""

    time: list[int]
    price_a: list[float | None]
    price_b: list[float | None]
    alpha: list[float | None]
    beta: list[float | None]
    sd: list[float | None]
    spread: list[float | None]
    zscore: list[float | None]
    correlation: list[float | None]


class PairHeader(MarketHeader):
    """`status` is ok, or tells in one word why the numbers are null; `reason` says it in a sentence."""

    symbol_a: str
    symbol_b: str
    interval: str
    window: int
    method: Literal["ols", "huber", "theil_sen", "kalman", "tls"]
    scale: Literal["level", "log"]
    seq: int
    status: ResultStatus
    reason: str | None
    have: Annotated[int, Field(description="bars at hand")]
    need: Annotated[int, Field(description="bars the window needs")]
    first_time: Annotated[Milliseconds | None, Field(description="open time of the first bar of the fit")]
    last_time: Annotated[Milliseconds | None, Field(description="open time of the last closed bar, t")]
    quality: WindowQuality
    stale_reason: Annotated[
        str | None,
        Field(description="why newer bars are not in these numbers yet; null where none are missing"),
    ]


Parameters = Annotated[
    dict[str, float | None],
    Field(description="what the method chose or estimated, by name, such as Kalman's noise ratio"),
]


class PairAnalytics(PairHeader):
    """Everything about one pair. α, β, sd, mean come from the `window` bars ending before the last closed bar."""

    alpha: float | None
    alpha_se: float | None
    beta: float | None
    beta_se: float | None
    beta_low: Annotated[float | None, Field(description="95 % interval of beta")]
    beta_high: float | None
    parameters: Parameters
    spread: float | None
    mean: float | None
    sd: float | None
    zscore: float | None
    zscore_reason: str | None
    signal: Signal
    signal_reason: str | None
    correlation: float | None
    correlation_reason: str | None
    adf: TestResult
    cointegration: CointegrationResult
    half_life: HalfLife
    live: LivePair
    series: PairSeries


class HedgeRatioSeries(Wire):
    """`alpha`, `beta` and `sd` of each bar come from the bars before it."""

    time: list[int]
    alpha: list[float | None]
    beta: list[float | None]
    sd: list[float | None]


class SpreadSeries(Wire):
    time: list[int]
    spread: list[float | None]


class ZscoreSeries(Wire):
    time: list[int]
    zscore: list[float | None]


class CorrelationSeries(Wire):
    time: list[int]
    correlation: list[float | None]


class HedgeRatio(PairHeader):
    """`y = α + β·x + residual`, with standard errors that allow for serially correlated residuals."""

    alpha: float | None
    alpha_se: float | None
    beta: float | None
    beta_se: float | None
    beta_low: Annotated[float | None, Field(description="95 % interval of beta")]
    beta_high: float | None
    sd: Annotated[float | None, Field(description="of the residuals, ddof = 1; Kalman's next innovation")]
    r_squared: float | None
    parameters: Parameters
    series: HedgeRatioSeries


class Spread(PairHeader):
    """`y − β·x`; mean and sd are those of the fitted window."""

    spread: float | None
    mean: float | None
    sd: float | None
    half_life: HalfLife
    live: LivePair
    series: SpreadSeries


class Zscore(PairHeader):
    """How many standard deviations the last closed bar is from the line of the bars before it."""

    zscore: float | None
    zscore_reason: str | None
    signal: Signal
    signal_reason: str | None
    live: LivePair
    series: ZscoreSeries


class Correlation(PairHeader):
    """Pearson's correlation of log returns over the window that ends at the last closed bar."""

    correlation: float | None
    correlation_reason: str | None
    series: CorrelationSeries


class PairUnitRoot(PairHeader):
    """Of a pair's residuals, which are estimated: MacKinnon's tables for two series."""

    adf: TestResult
    note: Annotated[str | None, Field(description="whose residuals were tested, where the method is not ols")]


class SymbolUnitRoot(MarketHeader):
    """Of one symbol's own closes: ADF, whose null is a walk, beside KPSS, whose null is no walk."""

    symbol: str
    interval: str
    window: int
    scale: Literal["level", "log"]
    have: int
    need: int
    first_time: Milliseconds | None
    last_time: Milliseconds | None
    quality: WindowQuality
    adf: TestResult
    kpss: KpssResult


class ScannedPair(Wire):
    """One pair of a scan, y = `symbol_a`; `p_value` is min(1, 2·min) over both directions."""

    symbol_a: str
    symbol_b: str
    alpha: float | None
    beta: float | None
    statistic: Annotated[float | None, Field(description="of y on x")]
    statistic_xy: Annotated[float | None, Field(description="of x on y")]
    direction: Annotated[
        Literal["y_on_x", "x_on_y"] | None, Field(description="the regression with the less p, which decides")
    ]
    p_value: float | None
    p_yx: float | None
    p_xy: float | None
    p_calibrated: Annotated[
        float | None,
        Field(description="under the pair's own null; null where the scan is not `calibrated`"),
    ]
    q_value: Annotated[float | None, Field(description="Benjamini-Yekutieli over all pairs tested")]
    lags: Annotated[int | None, Field(description="of y on x")]
    lags_xy: Annotated[int | None, Field(description="of x on y")]
    half_life: Annotated[float | None, Field(description="in bars")]
    half_life_seconds: float | None
    half_life_status: ResultStatus
    correlation: Annotated[float | None, Field(description="of log returns")]
    zscore: float | None
    holdout: Annotated[
        Literal["not_tried", "screened_out", "failed", "survived"],
        Field(description="screened on the first part of the window, tested on the second"),
    ]
    holdout_p: float | None
    holdout_q: Annotated[float | None, Field(description="over the pairs that passed the screen")]
    status: ResultStatus
    reason: str | None
    reasons: Annotated[
        dict[str, str],
        Field(
            description="why a number of a pair that was tested is null, by the number's name",
            examples=[{"half_life": "phi is not negative: the residuals do not return"}],
        ),
    ]


class PairScan(MarketHeader):
    """All pairs of the symbols on one window of closed bars, the least p first, pairs without one last."""

    seq: Annotated[
        int | None, Field(description="of the topic matrix:INTERVAL:WINDOW; null for a scan of anything else")
    ]
    interval: str
    window: int
    scale: Literal["level", "log"]
    status: ResultStatus
    reason: str | None
    have: int
    need: int
    first_time: Milliseconds | None
    last_time: Milliseconds | None
    symbols: list[str]
    quality: Annotated[
        dict[str, WindowQuality], Field(description="each symbol's bars of the window, by their quality")
    ]
    method: Annotated[Literal["engle_granger"], Field(description="both directions, constant, OLS residuals")]
    role: TestRole
    n: Annotated[int | None, Field(description="bars that every pair was tested on")]
    trend: Annotated[Literal["c"], Field(description="deterministic terms of the line: a constant")]
    autolag: Annotated[str | None, Field(description="how each regression's lags were chosen")]
    max_lag: Annotated[int | None, Field(description="the most lags that were tried")]
    critical_values: Annotated[
        dict[str, float] | None,
        Field(description="of `statistic` and `statistic_xy`, MacKinnon's for two series"),
    ]
    level: Annotated[float | None, Field(description="at which pairs are counted and survive")]
    calibrated: Annotated[
        bool,
        Field(
            description="false: q rests on MacKinnon's p, which heavy tails and jumps make too small; "
            "`calibrate=true` holds each pair with a small q against its own null"
        ),
    ]
    holdout_share: Annotated[
        float | None,
        Field(description="share of the bars, the last ones, that tests what the others screened"),
    ]
    screen: Annotated[float | None, Field(description="p up to which a pair passes on the first bars")]
    fit: Annotated[
        float | None,
        Field(description="R² from which on it passes; with a p of at most 0.001 whatever its R²"),
    ]
    pairs_tested: int
    expected_false: Annotated[
        float, Field(description="pairs that would be under 5 % by chance if no two legs were cointegrated")
    ]
    found: Annotated[int, Field(description="pairs under 5 %")]
    null: str | None
    items: list[ScannedPair]


# --- simulation and health ----------------------------------------------------------------------------------


class TruePair(Wire):
    symbol_a: str
    symbol_b: str
    kind: Literal["cointegrated", "correlated", "independent"]
    scale: Literal["level", "log"]
    alpha: float | None
    beta: float | None
    noise_sd: float | None
    half_life_s: float | None
    correlation: float | None


class SimulationTruth(Wire):
    market: str
    seed: int
    pairs: list[TruePair]


class Health(Wire):
    status: Literal["ok", "starting", "degraded"]
    reason: str | None
    version: str


class ClientConfig(Wire):
    """What the dashboard needs to know before the first data."""

    version: str
    market: str
    source: str
    sources: Annotated[list[str], Field(description="sources one click away", examples=[["binance", "sim"]])]
    intervals: list[str]
    window: int
    method: Literal["ols", "huber", "theil_sen", "kalman", "tls"]
    methods: Annotated[list[str], Field(description="hedge methods this server computes")]
    scale: Literal["level", "log"]
    available_symbols: list[str]
    tick_buffer_size: int


# --- WebSocket ----------------------------------------------------------------------------------------------


class Command(Wire):
    """What a client sends: `{"op":"subscribe","topics":["status","pair:BTCUSDT-ETHUSDT:1m:60:ols:level"]}`."""

    op: Literal["subscribe", "unsubscribe", "ping"]
    topics: Annotated[list[str], Field(max_length=256)] = []


class Message(Wire):
    """A `snapshot` replaces what the client holds for the topic, an `update` is merged into it by `time` (or `id`).

    Bars of trades or volume are merged by `first_id`. Quotes and mark prices are one row a second: a row replaces the
    one whose `time` lies in the same second.
    `seq` is the number that REST returns for the same topic. An update follows the message with `seq - 1`
    on this socket; when some were skipped for a slow client, a snapshot comes instead.
    """

    type: Literal["snapshot", "update"]
    topic: str
    seq: int
    time: Milliseconds


class StatusMessage(Message):
    data: StreamStatus


class TicksMessage(Message):
    data: TickList


class BarsMessage(Message):
    data: BarList


class QuoteMessage(Message):
    data: QuoteList


class FundingMessage(Message):
    data: FundingList


class PairMessage(Message):
    data: PairAnalytics


class MatrixMessage(Message):
    """Always a snapshot: every pair changes with every bar."""

    data: PairScan


class Hello(Wire):
    """The first message of a socket; another `session` than before means that the server was restarted."""

    type: Literal["hello"]
    session: str
    version: str
    market: str
    time: Milliseconds


class Ack(Wire):
    type: Literal["ack"]
    op: Literal["subscribe", "unsubscribe"]
    topics: list[str]
    time: Milliseconds


class Pong(Wire):
    type: Literal["pong"]
    time: Milliseconds


class SocketError(Wire):
    """A command that could not be carried out; the socket stays open."""

    type: Literal["error"]
    code: str
    detail: str
    topic: str | None
    time: Milliseconds


# --- imports and back-fills ---------------------------------------------------------------------------------


class ImportPaths(Wire):
    """Files of the server's machine; only `quant import` beside the server may name them."""

    paths: Annotated[list[str], Field(min_length=1, max_length=10_000)]
    market: str = "binance-um"
    symbol: str | None = None
    interval: str | None = None
    again: bool = False


class Backfill(Wire):
    """Without times and ids: what is missing between the stored trades of the last 48 hours."""

    symbols: Annotated[list[str], Field(min_length=1, max_length=200, examples=[["BTCUSDT"]])]
    start: Annotated[TimeGiven, Field(description="from this time on: ms or ISO-8601")] = None
    end: Annotated[TimeGiven, Field(description="before this time: ms or ISO-8601")] = None
    from_id: Annotated[TradeId | None, Field(description="first trade id, of one symbol")] = None
    to_id: Annotated[TradeId | None, Field(description="last trade id, included")] = None


class ImportedFile(Wire):
    """What a file held and lacks; of bars, `first`, `last` and holes are open times and `missing` counts bars."""

    name: str
    market: str
    symbol: str
    interval: str | None
    checked: Annotated[bool, Field(description="against the .CHECKSUM beside it")]
    rows: int
    resumed_from: Annotated[int, Field(description="rows that earlier runs had stored")]
    first: int | None
    last: int | None
    duplicates: int
    out_of_order: int
    holes: Annotated[list[tuple[int, int]], Field(description="the first few, both ends included")]
    hole_count: int
    missing: int


class ImportedSpan(Wire):
    """What a file gave to a market; of bars, `first`, `last` and holes are open times, of trades ids."""

    name: str
    market: str
    symbol: str
    interval: str | None
    rows: int
    whole: Annotated[bool, Field(description="false where its import has not come to the end")]
    first: int | None
    last: int | None
    holes: Annotated[list[tuple[int, int]], Field(description="the first few, both ends included")]
    hole_count: int
    missing: int


class ImportedSpanList(Wire):
    items: list[ImportedSpan]
    next: None


class FilledSymbol(Wire):
    symbol: str
    missing: int
    received: int
    confirmed: Annotated[int, Field(description="ids that the exchange has no trade for")]
    left: Annotated[list[tuple[int, int]], Field(description="the first few ranges that are still missing")]
    left_count: int


class JobStatus(Wire):
    id: str
    kind: Literal["import", "backfill"]
    title: str
    state: Literal["waiting", "running", "done", "failed", "stopped"]
    phase: str
    rows: int
    bytes_done: int
    bytes_total: int
    days_done: int
    days_total: int
    created_at: Milliseconds
    finished_at: Milliseconds | None
    files: list[ImportedFile]
    fills: list[FilledSymbol]
    errors: list[str]


class JobList(Wire):
    items: list[JobStatus]
    next: None
