"""What the tests of series, of systems of series and of raw ticks return; the pair's results are in `results`.

A number that cannot be computed is NaN here and `null` on the wire; `status` and `reason` say why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from quant.analytics.results import Status
from quant.domain import FloatArray


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
