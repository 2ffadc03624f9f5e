"""What the pair statistics return: frozen results that carry a status instead of a wrong number.

A number that cannot be computed is NaN here and `null` on the wire; `status` and `reason` say why.
`y` is leg A, the dependent one; `x` is leg B, the hedge.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from quant.domain import FloatArray, HedgeMethod, Scale


class Status(StrEnum):
    """Whether a result can be trusted, and if not, what stood in the way."""

    OK = "ok"
    NEAR_PERFECT = "near_perfect"  # 1 - R² below 1.5e-6: computed, but little more than rounding may be left
    TOO_SHORT = "too_short"
    MISSING = "missing"
    STALE = "stale"  # a leg hardly moves, or all but once: there is a line, and nothing to test it with
    ZERO_VARIANCE = "zero_variance"
    DUPLICATE = "duplicate"
    SINGULAR = "singular"  # past values reproduce the series exactly, so there is nothing to test
    NOT_REVERTING = "not_reverting"
    OSCILLATING = "oscillating"

    @property
    def usable(self) -> bool:
        """Return True where the numbers beside this status mean what their names say."""
        return self in (Status.OK, Status.NEAR_PERFECT)


class Signal(StrEnum):
    """What the z-score says of the spread `y - beta x`."""

    SELL = "sell"  # z above +2: overextended
    BUY = "buy"  # z below -2: oversold
    NEUTRAL = "neutral"
    NONE = "none"  # no statement is possible; the reason says why


class Direction(StrEnum):
    """Which leg was regressed on which."""

    Y_ON_X = "y_on_x"
    X_ON_Y = "x_on_y"


@dataclass(frozen=True, slots=True)
class HedgeFit:
    """One fit `y = alpha + beta x + residual` over a formation window, by any method.

    `sd` is that of the residuals with ddof=1, for Kalman that of the next innovation. The standard errors allow
    for serial correlation of the residuals (`analytics.hedge.covariance`). `beta_low` and `beta_high` are the
    95 % interval. `r_squared` is 1 less the residuals' share of y's variance; only OLS keeps it from being
    negative. `parameters` holds what the method chose or estimated, by name (its docstring lists them).
    """

    method: HedgeMethod
    status: Status
    reason: str
    alpha: float
    beta: float
    alpha_se: float
    beta_se: float
    beta_low: float
    beta_high: float
    sd: float
    r_squared: float
    n: int
    need: int
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HedgeStep:
    """The fit on the last `window` bars: what the bar now forming is valued with."""

    alpha: float
    beta: float
    sd: float


@dataclass(frozen=True, slots=True)
class HedgePath:
    """Rolling fits, arrays as long as the input: row t is fitted on the `window` bars that end at t-1.

    A row is NaN before warm-up, and where a bar of its window is missing or a leg of it constant.
    `residual` is that of bar t itself, `y_t - alpha_t - beta_t x_t`, evaluated about the window's own level
    so that it keeps its digits at any price level. `sd` (ddof=1) is exactly 0 where the legs of the window
    are collinear. `next_fit` is the row that would follow the last one.

    Kalman's row t rests on all bars up to t-1, its noise on the first `window` of them alone: `residual` is
    the innovation and `sd` its standard deviation √S_t. `parameters` holds what was frozen there.
    """

    method: HedgeMethod
    window: int
    alpha: FloatArray
    beta: FloatArray
    sd: FloatArray
    residual: FloatArray
    next_fit: HedgeStep
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UnitRootTest:
    """An augmented Dickey-Fuller test; `n` counts the bars that enter its final regression.

    `critical_values` are keyed "1%", "5%", "10%". `series_in_test` is MacKinnon's N: 1 for a given series,
    2 for the residuals of an estimated pair regression.
    """

    status: Status
    reason: str
    statistic: float
    p_value: float
    lags: int
    n: int
    need: int
    critical_values: Mapping[str, float]
    null: str
    regression: str
    autolag: str
    max_lag: int
    series_in_test: int


@dataclass(frozen=True, slots=True)
class CointegrationTest:
    """An Engle-Granger test in one direction: a Dickey-Fuller test on the residuals of `y = alpha + beta x`.

    `n` counts the bars of the regression. The p-value is that of this direction alone.
    """

    status: Status
    reason: str
    direction: Direction
    statistic: float
    p_value: float
    lags: int
    n: int
    need: int
    critical_values: Mapping[str, float]
    alpha: float
    beta: float
    null: str
    trend: str
    autolag: str
    max_lag: int


@dataclass(frozen=True, slots=True)
class PairCointegration:
    """Engle-Granger in both directions with one p-value for the pair, min(1, 2 min(p_yx, p_xy)).

    `statistic`, `lags`, `critical_values`, `alpha` and `beta` belong to `direction`, the one with the
    smaller p.
    """

    status: Status
    reason: str
    p_value: float
    statistic: float
    lags: int
    n: int
    need: int
    critical_values: Mapping[str, float]
    alpha: float
    beta: float
    direction: Direction
    null: str
    y_on_x: CointegrationTest
    x_on_y: CointegrationTest


@dataclass(frozen=True, slots=True)
class HalfLife:
    """How many bars a deviation takes to halve, with the 95 % interval `low` to `high`, in bars.

    `bars` is NaN unless `status` is ok; `high` is infinite where a unit root is not rejected. `phi` is the
    estimated coefficient of the lagged level, `statistic` its t-ratio.
    """

    status: Status
    reason: str
    bars: float
    low: float
    high: float
    phi: float
    statistic: float
    n: int
    need: int


@dataclass(frozen=True, slots=True)
class PairSeries:
    """Rolling values, one row a bar from `first_row` of the input on; NaN where there is none."""

    first_row: int
    alpha: FloatArray
    beta: FloatArray
    sd: FloatArray
    spread: FloatArray
    zscore: FloatArray
    correlation: FloatArray


@dataclass(frozen=True, slots=True)
class PairAnalysis:
    """Everything one pair shows at its last closed bar t.

    `fit`, `adf`, `cointegration` and `half_life` rest on the `window` bars that end at t-1. `mean` is the level
    about which the spread is scored, the fit's alpha: the mean of the window's spread for OLS and TLS, the median for
    Theil-Sen, a mean that outliers hardly move for Huber, the filter's state for Kalman. `sd` is what z is
    measured in: that of the window's residuals about it, for Kalman of the innovation. With the status `stale` line,
    spread and z are given, tests, half-life and signal are not. `have` and `need` count bars. Spread, mean and sd
    are in the units of `scale`: price for `level`, log price for `log`. `test_note` says so where the tests rest on
    another line than the method's.
    """

    status: Status
    reason: str
    have: int
    need: int
    method: HedgeMethod
    scale: Scale
    window: int
    fit: HedgeFit
    mean: float
    sd: float
    spread: float
    zscore: float
    signal: Signal
    signal_reason: str
    correlation: float
    adf: UnitRootTest
    cointegration: PairCointegration
    half_life: HalfLife
    next_fit: HedgeStep
    series: PairSeries
    test_note: str = ""
