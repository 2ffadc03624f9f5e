"""Pair statistics on arrays: no I/O, no clock, no symbols. `y` is leg A, `x` is leg B."""

from quant.analytics.cointegration import engle_granger, engle_granger_both
from quant.analytics.correlation import rolling_correlation
from quant.analytics.half_life import half_life
from quant.analytics.hedge import HEDGE_METHODS
from quant.analytics.hedge.ols import ols
from quant.analytics.pair import analyse_pair
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
from quant.analytics.spread import spread, zscore
from quant.analytics.stationarity import adf
from quant.analytics.warm_up import warm

__all__ = [
    "HEDGE_METHODS",
    "CointegrationTest",
    "Direction",
    "HalfLife",
    "HedgeFit",
    "HedgePath",
    "HedgeStep",
    "PairAnalysis",
    "PairCointegration",
    "PairSeries",
    "Signal",
    "Status",
    "UnitRootTest",
    "adf",
    "analyse_pair",
    "engle_granger",
    "engle_granger_both",
    "half_life",
    "ols",
    "rolling_correlation",
    "spread",
    "warm",
    "zscore",
]
