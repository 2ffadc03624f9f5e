"""The pair lab on the wire: one pair under every method and every test, on the same bars."""

from typing import Annotated, Literal

from pydantic import Field

from quant.api.schemas import (
    CointegrationResult,
    HalfLife,
    KpssResult,
    MarketHeader,
    Milliseconds,
    Parameters,
    ResultStatus,
    TestResult,
    TestRole,
    WindowQuality,
    Wire,
)

MethodName = Literal["ols", "huber", "theil_sen", "kalman", "tls"]


class MethodFit(Wire):
    """`y = α + β·x` by one method; standard errors allow for serially correlated residuals."""

    method: MethodName
    status: ResultStatus
    reason: str | None
    alpha: float | None
    alpha_se: float | None
    beta: float | None
    beta_se: float | None
    beta_low: Annotated[float | None, Field(description="95 % interval of beta")]
    beta_high: float | None
    sd: Annotated[float | None, Field(description="of the residuals, ddof = 1; Kalman's next innovation")]
    r_squared: float | None
    n: int
    parameters: Parameters


class Residuals(Wire):
    """Residuals of `method` in the window, `y − α − β·x` on the scale asked for, and their shape."""

    time: list[int]
    y: list[float | None]
    x: list[float | None]
    value: list[float | None]
    status: ResultStatus
    reason: str | None
    n: int
    mean: float | None
    sd: float | None
    skewness: float | None
    excess_kurtosis: float | None
    edges: Annotated[list[float], Field(description="of the histogram's bins, one more than counts")]
    counts: list[int]
    autocorrelation: Annotated[list[float], Field(description="at lags 1, 2, …")]
    band: Annotated[float | None, Field(description="where 95 % of them lie for white noise, both signs")]
    whiteness_p: Annotated[float | None, Field(description="Ljung and Box over the first ten lags")]


class JohansenResult(Wire):
    """Entry r of each list belongs to the null of at most r relations."""

    status: ResultStatus
    reason: str | None
    null: str
    trace: list[float]
    trace_critical_values: dict[str, list[float]]
    max_eigenvalue: list[float]
    max_eigenvalue_critical_values: dict[str, list[float]]
    eigenvalues: list[float]
    rank: Annotated[int | None, Field(description="the first r that the trace test does not reject at 5 %")]
    rank_by_max_eigenvalue: int | None
    beta: Annotated[float | None, Field(description="the first relation as y − β·x")]
    lags: int
    n: int


class ResidualTest(Wire):
    """A test of the null hypothesis `null`, by `method`."""

    role: TestRole
    statistic: float | None
    p_value: float | None
    n: int
    critical_values: Annotated[
        dict[str, float] | None, Field(description="by level, where the test has them")
    ]
    null: str
    method: str
    status: ResultStatus
    reason: str | None


class VarianceRatioResult(ResidualTest):
    """`ratio` is above 1 where steps follow each other, below 1 where they turn back."""

    ratio: float | None
    lags: Annotated[int, Field(description="steps of the longer difference")]


class HurstResult(ResidualTest):
    """0.5 is a walk, below it the residuals turn back, above it they keep going."""

    hurst: float | None
    low: Annotated[float | None, Field(description="95 % interval")]
    high: float | None
    at_edge: Annotated[bool, Field(description="the search ended at 0 or 1: the number is a bound")]


class StabilityResult(ResidualTest):
    """Is the line the same in both halves of the window?"""

    beta_first: Annotated[float | None, Field(description="by least squares in the first half of the window")]
    beta_second: float | None
    level_change: Annotated[float | None, Field(description="of the line at the mean of x, in units of y")]


class LegResult(Wire):
    """One leg's own series on the window: ADF, whose null is a walk, beside KPSS, whose null is no walk."""

    symbol: str
    adf: TestResult
    kpss: KpssResult


class WindowResult(Wire):
    """The tests of the newest `window` bars, which end where those of the lab's own window do."""

    window: int
    beta: float | None
    beta_low: float | None
    beta_high: float | None
    adf: TestResult
    p_value: Annotated[float | None, Field(description="Engle-Granger, both directions counted")]
    half_life: HalfLife


class BetaHistory(Wire):
    """A method's β before each bar of `time`, with a pointwise 95 % interval."""

    method: MethodName
    beta: list[float | None]
    low: list[float | None]
    high: list[float | None]


class PairHistory(Wire):
    time: list[int]
    p_value: Annotated[list[float | None], Field(description="Engle-Granger of the window before each bar")]
    methods: list[BetaHistory]


class PairLab(MarketHeader):
    """All tests rest on the `window` bars that end before the last closed bar; `residuals` are those of `method`."""

    symbol_a: str
    symbol_b: str
    interval: str
    window: int
    method: MethodName
    scale: Literal["level", "log"]
    status: ResultStatus
    reason: str | None
    have: int
    need: int
    first_time: Annotated[Milliseconds | None, Field(description="open time of the first bar of the fit")]
    last_time: Annotated[Milliseconds | None, Field(description="open time of the last closed bar, t")]
    quality: WindowQuality
    fits: list[MethodFit]
    residuals: Residuals
    half_life: HalfLife
    adf: TestResult
    cointegration: CointegrationResult
    johansen: JohansenResult
    kpss: Annotated[KpssResult, Field(description="of the residuals, by the tables of a given series")]
    variance_ratios: list[VarianceRatioResult]
    hurst: HurstResult
    stability: StabilityResult
    legs: list[LegResult]
    windows: list[WindowResult]
    history: PairHistory
