"""Hedge ratios: how much of leg B holds leg A. One file a method, one table."""

from collections.abc import Mapping
from typing import Protocol, overload

from numpy.typing import ArrayLike

from quant.analytics.hedge.ols import ols
from quant.analytics.results import HedgeFit, HedgePath
from quant.domain import HedgeMethod
from quant.errors import InvalidParameter


class HedgeEstimator(Protocol):
    """Fits `y = alpha + beta x`: once over all bars, or on the `window` bars before each row."""

    @overload
    def __call__(self, y: ArrayLike, x: ArrayLike, *, window: None = None) -> HedgeFit: ...
    @overload
    def __call__(self, y: ArrayLike, x: ArrayLike, *, window: int) -> HedgePath: ...


HEDGE_METHODS: Mapping[HedgeMethod, HedgeEstimator] = {
    HedgeMethod.OLS: ols,
}


def hedge_method(method: HedgeMethod | str) -> HedgeEstimator:
    """Return the estimator of a method; raise InvalidParameter for one that is not in the table."""
    known = HedgeMethod.parse(method)
    if known not in HEDGE_METHODS:
        names = ", ".join(name.value for name in HEDGE_METHODS)
        raise InvalidParameter("method", f"{known.value} cannot be computed yet, only {names}")
    return HEDGE_METHODS[known]
