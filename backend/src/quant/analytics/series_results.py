"""What the tests of series, of systems of series and of raw ticks return; the pair's results are in `results`.

A number that cannot be computed is NaN here and `null` on the wire; `status` and `reason` say why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from quant.analytics.results import Status
from quant.domain import FloatArray, IntArray


class Bound(StrEnum):
    """How a p-value read from a table of few levels stands to the true one."""

    EXACT = ""  # interpolated between two levels of the table
    AT_MOST = "at most"
    AT_LEAST = "at least"


@dataclass(frozen=True, slots=True)
class KpssTest:
    """A KPSS test; `lags` is the bandwidth of the long-run variance, `n` the bars.

    `p_bound` says whether `p_value` is an end of the published table, which goes from 0.01 to 0.10.
    """

    status: Status
    reason: str
    statistic: float
    p_value: float
    p_bound: Bound
    lags: int
    n: int
    need: int
    critical_values: Mapping[str, float]
    null: str
    regression: str


@dataclass(frozen=True, slots=True)
class JohansenTest:
    """Johansen's tests of how many relations tie k series together.

    Entry r of `trace` and `max_eigenvalue` belongs to the null of at most r relations, and so do the entries
    of the critical values, keyed "10%", "5%", "1%". Column r of `eigenvectors` is the relation of the r-th
    largest eigenvalue, scaled to unit variance of what it leaves of the levels, its first weight not negative.
    `rank` is the first r that the trace test does not reject at 5 %, `rank_by_max_eigenvalue` likewise.
    `n` counts the rows of the regression. All arrays are empty without a usable status.
    """

    status: Status
    reason: str
    trace: FloatArray
    max_eigenvalue: FloatArray
    trace_critical_values: Mapping[str, FloatArray]
    max_eigenvalue_critical_values: Mapping[str, FloatArray]
    eigenvalues: FloatArray
    eigenvectors: FloatArray
    rank: int | None
    rank_by_max_eigenvalue: int | None
    n_series: int
    lags: int
    n: int
    need: int
    null: str
    det_order: int


@dataclass(frozen=True, slots=True)
class VarianceRatioTest:
    """Lo and MacKinlay's variance ratio; `statistic` is its heteroskedasticity-robust z.

    `ratio` is above 1 where steps follow each other, below 1 where they turn back. `lags` is the number of
    steps of the longer difference, `n` the number of values.
    """

    status: Status
    reason: str
    ratio: float
    statistic: float
    p_value: float
    lags: int
    n: int
    need: int
    critical_values: Mapping[str, float]
    null: str
    method: str


@dataclass(frozen=True, slots=True)
class HurstExponent:
    """The Hurst exponent with its 95 % interval and the test of 0.5, a walk.

    `frequencies` is how many of the lowest frequencies were used, `n` the number of values. `at_edge` is true
    where the search ended at 0 or 1, so that the number is a bound.
    """

    status: Status
    reason: str
    hurst: float
    low: float
    high: float
    at_edge: bool
    statistic: float
    p_value: float
    frequencies: int
    n: int
    need: int
    null: str
    method: str


@dataclass(frozen=True, slots=True)
class StabilityTest:
    """Whether the line of the pair is the same in both halves of the window.

    `statistic` has an F-distribution with 2 and n - 4 degrees of freedom under the null. The betas are those of
    the halves by least squares; `level_change` is how much higher the second half's line is at the mean of x, in
    the units of y.
    """

    status: Status
    reason: str
    statistic: float
    p_value: float
    beta_first: float
    beta_second: float
    level_change: float
    n: int
    need: int
    critical_values: Mapping[str, float]
    null: str
    method: str


@dataclass(frozen=True, slots=True)
class TickCorrelation:
    """Hayashi and Yoshida's correlation of two streams of trades, and how it changes with a lag.

    `low` and `high` are a 95 % interval; all three lie within -1 … 1. `covariance` and the variances are those of
    log prices over the whole common span; the variances are free of bid-ask noise, whose standard deviation in
    one price is `noise_y`, `noise_x`. Entry k of `contrast` is the correlation of y with x `lags_ns[k]` later;
    `lead_ns` is the lag with the largest contrast in size, above 0 where y leads, and None without a grid.
    `n_y` and `n_x` count distinct times of trading in the span; moves are taken over `step` of them.
    """

    status: Status
    reason: str
    correlation: float
    low: float
    high: float
    covariance: float
    variance_y: float
    variance_x: float
    noise_y: float
    noise_x: float
    lags_ns: IntArray
    contrast: FloatArray
    lead_ns: int | None
    n_y: int
    n_x: int
    span_ns: int
    step: int
    need: int
    method: str


@dataclass(frozen=True, slots=True)
class ReturnStatistics:
    """What a series of log returns is like.

    `mean`, `sd` (ddof=1), `least` and `most` are per bar. `annual_return`, `annual_volatility`, `sharpe` and its
    95 % interval are per year of `bars_per_year` bars, without a risk-free rate; NaN where that is not given.
    `skewness` and `excess_kurtosis` have the usual small-sample corrections. `autocorrelation` is that of
    neighbouring returns. `drawdown` is the largest fall from a high, as a share of it. `n` counts returns.
    """

    status: Status
    reason: str
    n: int
    need: int
    mean: float
    sd: float
    least: float
    most: float
    skewness: float
    excess_kurtosis: float
    autocorrelation: float
    drawdown: float
    bars_per_year: float
    annual_return: float
    annual_volatility: float
    sharpe: float
    sharpe_low: float
    sharpe_high: float
