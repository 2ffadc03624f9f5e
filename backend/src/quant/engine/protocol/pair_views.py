"""Pairs: live, over time, in the lab and among all others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from quant.domain import FloatArray, HedgeMethod, IntArray, Pair, Scale

if TYPE_CHECKING:  # a command that only asks a server need not load the kernels behind these
    from quant.analytics.lab_results import PairExamination
    from quant.analytics.pair_table import PairTable
    from quant.analytics.results import PairAnalysis, Signal, Status, UnitRootTest
    from quant.analytics.series_results import KpssTest


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
