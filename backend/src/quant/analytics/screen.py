"""Which pairs are worth a test on the later bars, by the first bars alone.

Residuals of a pair that is tied stay as large as they are while its legs walk on, so that its line comes to explain
nearly all of their movement. Two walks that have nothing in common have a share explained that does not grow with the
number of bars: one in a thousand has more than 0.9. As no bar of the test that follows is looked at, a screen may ask
for anything without touching that test's level.
"""

from quant.analytics.lag_matrices import unit_returns
from quant.analytics.pair_table import PairTable
from quant.domain import BoolArray, FloatArray

# Up to this p a pair passes whatever its line explains: reversion within a few bars leaves large residuals.
SURE = 1e-3


def passing(first: PairTable, levels: FloatArray, *, screen: float, fit: float) -> BoolArray:
    """Return which pairs of `first`, the table of these levels, have a p of at most `screen` and R² of at least `fit`.

    A p of at most 0.001 is enough alone, unless `screen` is less. A pair that was not tested does not pass.
    """
    centred = unit_returns(levels)
    explained = (centred @ centred.T)[first.i, first.j] ** 2
    passed: BoolArray = (first.p_value <= screen) & ((explained >= fit) | (first.p_value <= SURE))
    return passed
