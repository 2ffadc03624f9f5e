"""Screen on the first bars, test what is left on the later ones, correct for those only.

The line of the first bars is frozen, so what is tested is what would have been traded: on the later bars the
deviation from it is a given series. It needs no critical values for an estimated line, no second direction, and no
constant, for its mean is 0 if the relation holds. Bars of the screen are not bars of the test, so the pairs that
were screened out need no correction.
"""

from dataclasses import replace

import numpy as np

from quant.analytics.findings import LagRule, Progress
from quant.analytics.hedge.ols import ols
from quant.analytics.multiplicity import benjamini_yekutieli
from quant.analytics.pair_table import HoldOut, PairTable
from quant.analytics.results import Direction
from quant.analytics.screen import passing
from quant.analytics.staleness import movement
from quant.analytics.stationarity import adf
from quant.analytics.tail_calibration import own_null_p_of_series
from quant.domain import FloatArray

# Tests between two looks at the caller: some five milliseconds.
_TESTS_A_CALL = 32
_WORDS = np.array([str(word) for word in (HoldOut.SCREENED_OUT, HoldOut.FAILED, HoldOut.SURVIVED)])


def with_holdout(
    table: PairTable, first: PairTable, levels: FloatArray, *, screen: float, fit: float, rule: LagRule,
    calibrate: bool, progress: Progress | None = None,
) -> PairTable:  # fmt: skip
    """Return `table` with what became of each pair that the first bars, those of `first`, let pass.

    A pair survives where its q among those tested is at most the table's level. With `calibrate` that takes its own
    null into account. One whose deviation hardly moves on the later bars is not tested. `progress(done, of)`
    counts the pairs that passed the screen.
    """
    cut = first.n
    p = np.full(len(table), np.nan)
    passed = passing(first, levels[:, :cut], screen=screen, fit=fit)
    survivors = np.flatnonzero(passed).tolist()
    later: dict[int, FloatArray] = {}
    for number, row in enumerate(survivors):
        if progress is not None and number % _TESTS_A_CALL == 0:
            progress(number, len(survivors))
        later[row] = _deviation(levels, first, row, cut)
        if movement(later[row]).reason:
            continue
        test = adf(later[row], regression="n", max_lag=rule.given, autolag=rule.autolag)
        p[row] = test.p_value
    q = benjamini_yekutieli(p)
    if calibrate:
        for row in np.flatnonzero(q <= table.level).tolist():
            p[row] = own_null_p_of_series(
                later[row], float(p[row]), rule.for_bars(later[row].size), seed=int(row)
            )
            if progress is not None:
                progress(len(survivors), len(survivors))
        q = benjamini_yekutieli(p)
    words = _WORDS[np.where(np.isnan(q), 0, np.where(q <= table.level, 2, 1))]
    untested = np.isnan(first.p_value) | (np.isnan(p) & passed)
    return replace(table, holdout=np.where(untested, str(HoldOut.NOT_TRIED), words), holdout_p=p, holdout_q=q)


def _deviation(levels: FloatArray, first: PairTable, row: int, cut: int) -> FloatArray:
    """Return the later bars' deviation from the line of the first ones, in the direction that fits better."""
    y, x = levels[first.i[row]], levels[first.j[row]]
    if first.direction[row] == Direction.X_ON_Y:
        y, x = x, y
    line = ols(y[:cut], x[:cut])
    deviation: FloatArray = y[cut:] - line.alpha - line.beta * x[cut:]
    return deviation
