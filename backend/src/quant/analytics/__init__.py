"""Pair statistics on arrays: no I/O, no clock, no symbols. `y` is leg A, `x` is leg B."""

from quant.analytics.cointegration import engle_granger, engle_granger_both
from quant.analytics.correlation import rolling_correlation
from quant.analytics.half_life import half_life
from quant.analytics.hayashi_yoshida import hayashi_yoshida
from quant.analytics.hedge import HEDGE_METHODS
from quant.analytics.hedge.huber import huber
from quant.analytics.hedge.kalman import kalman
from quant.analytics.hedge.ols import ols
from quant.analytics.hedge.theil_sen import theil_sen
from quant.analytics.hedge.tls import tls
from quant.analytics.hurst import hurst
from quant.analytics.incremental import RollingScan
from quant.analytics.johansen import johansen
from quant.analytics.kpss import kpss
from quant.analytics.lab import examine_pair, grid_rows
from quant.analytics.lab_results import BetaPath, LegTests, PairExamination, ResidualShape, WindowTest
from quant.analytics.leg_tests import leg_tests
from quant.analytics.pair import analyse_pair
from quant.analytics.pair_table import HoldOut, PairTable
from quant.analytics.residual_shape import residual_shape
from quant.analytics.results import (
    CointegrationTest,
    Direction,
    HalfLife,
    HedgeFit,
    HedgePath,
    HedgeStep,
    PairAnalysis,
    PairCointegration,
    PairSeries,
    Signal,
    Status,
    UnitRootTest,
)
from quant.analytics.return_statistics import return_statistics
from quant.analytics.series_results import (
    Bound,
    HurstExponent,
    JohansenTest,
    KpssTest,
    ReturnStatistics,
    StabilityTest,
    TickCorrelation,
    VarianceRatioTest,
)
from quant.analytics.spread import spread, zscore
from quant.analytics.stability import stability
from quant.analytics.stationarity import adf
from quant.analytics.universe import scan_pairs
from quant.analytics.variance_ratio import variance_ratio
from quant.analytics.volatility import rolling_volatility
from quant.analytics.warm_up import warm

__all__ = [
    "HEDGE_METHODS",
    "BetaPath",
    "Bound",
    "CointegrationTest",
    "Direction",
    "HalfLife",
    "HedgeFit",
    "HedgePath",
    "HedgeStep",
    "HoldOut",
    "HurstExponent",
    "JohansenTest",
    "KpssTest",
    "LegTests",
    "PairAnalysis",
    "PairCointegration",
    "PairExamination",
    "PairSeries",
    "PairTable",
    "ResidualShape",
    "ReturnStatistics",
    "RollingScan",
    "Signal",
    "StabilityTest",
    "Status",
    "TickCorrelation",
    "UnitRootTest",
    "VarianceRatioTest",
    "WindowTest",
    "adf",
    "analyse_pair",
    "engle_granger",
    "engle_granger_both",
    "examine_pair",
    "grid_rows",
    "half_life",
    "hayashi_yoshida",
    "huber",
    "hurst",
    "johansen",
    "kalman",
    "kpss",
    "leg_tests",
    "ols",
    "residual_shape",
    "return_statistics",
    "rolling_correlation",
    "rolling_volatility",
    "scan_pairs",
    "spread",
    "stability",
    "theil_sen",
    "tls",
    "variance_ratio",
    "warm",
    "zscore",
]
