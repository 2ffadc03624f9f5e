"""What an examination of one pair returns: every method, every test, on the same bars."""

from collections.abc import Mapping
from dataclasses import dataclass

from quant.analytics.results import HalfLife, HedgeFit, PairCointegration, Status, UnitRootTest
from quant.analytics.series_results import (
    HurstExponent,
    JohansenTest,
    KpssTest,
    StabilityTest,
    VarianceRatioTest,
)
from quant.domain import FloatArray, HedgeMethod, IntArray, Scale


@dataclass(frozen=True, slots=True)
class ResidualShape:
    """How residuals are spread, and how each hangs on those before it.

    Bin k of the histogram holds `counts[k]` residuals from `edges[k]` to `edges[k + 1]`. Entry k of
    `autocorrelation` is that of lag k + 1. Skewness and excess kurtosis have the usual small-sample corrections.
    """

    status: Status
    reason: str
    n: int
    need: int
    mean: float
    sd: float
    skewness: float
    excess_kurtosis: float
    edges: FloatArray
    counts: IntArray
    autocorrelation: FloatArray
    band: float
    whiteness_p: float


@dataclass(frozen=True, slots=True)
class BetaPath:
    """A method's hedge ratio at some bars, with its pointwise 95 % interval; NaN where there is none."""

    beta: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True)
class LegTests:
    """Is one leg's own series a walk? ADF, whose null says so, and KPSS, whose null says the opposite."""

    adf: UnitRootTest
    kpss: KpssTest


@dataclass(frozen=True, slots=True)
class WindowTest:
    """The tests of the newest `window` bars: how much of a verdict hangs on where the window begins."""

    window: int
    fit: HedgeFit
    adf: UnitRootTest
    cointegration: PairCointegration
    half_life: HalfLife


@dataclass(frozen=True, slots=True)
class PairExamination:
    """Everything the pair lab shows of a pair at its last row t.

    `fits`, `residuals` and all tests rest on the `window` bars that end at t-1, `y` and `x` in the units of `scale`;
    `residuals` are those of `method`, and so are the half-life and what is said of their shape. Row k of `paths` and of
    `p_values` (of the pair, both directions) is that of bar `rows[k]`, made of the bars before it. `windows` has
    other lengths of window with the same end, by least squares. `have` and `need` count bars. `test_note` says so
    where the tests rest on another line than the method's.
    """

    status: Status
    reason: str
    have: int
    need: int
    method: HedgeMethod
    scale: Scale
    window: int
    fits: Mapping[HedgeMethod, HedgeFit]
    y: FloatArray
    x: FloatArray
    residuals: FloatArray
    shape: ResidualShape
    half_life: HalfLife
    adf: UnitRootTest
    cointegration: PairCointegration
    johansen: JohansenTest
    kpss: KpssTest
    variance_ratios: tuple[VarianceRatioTest, ...]
    hurst: HurstExponent
    stability: StabilityTest
    legs: tuple[LegTests, LegTests]
    windows: tuple[WindowTest, ...]
    rows: IntArray
    paths: Mapping[HedgeMethod, BetaPath]
    p_values: FloatArray
    test_note: str = ""
