"""Statistics of a pair or a symbol."""

from typing import Annotated, Literal

from pydantic import Field

from quant.api.schemas.shared import MarketHeader, Milliseconds, ResultStatus, Signal, TestRole, Wire


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
