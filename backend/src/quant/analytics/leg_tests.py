"""Is one leg's own series a walk?"""

import math
from dataclasses import replace

import numpy as np

from quant.analytics.kpss import kpss
from quant.analytics.lab_results import LegTests
from quant.analytics.results import Status
from quant.analytics.staleness import movement
from quant.analytics.stationarity import adf
from quant.domain import FloatArray


def leg_tests(levels: FloatArray) -> LegTests:
    """Return both tests of a leg's prices or their logs; of a leg that no pair would be tested with, status `stale`.

    That is one which hardly moves, or all but once: then a step looks like a deviation that reverts at once.
    """
    of_adf, of_kpss = adf(levels), kpss(levels)
    reason = movement(levels).reason if np.isfinite(levels).all() else ""
    if reason and (of_adf.status.usable or of_adf.status is Status.SINGULAR):
        stale, reason = Status.STALE, f"the series {reason}"
        of_adf = replace(of_adf, status=stale, reason=reason, statistic=math.nan, p_value=math.nan, lags=0)
        of_kpss = replace(of_kpss, status=stale, reason=reason, statistic=math.nan, p_value=math.nan)
    return LegTests(of_adf, of_kpss)
