"""Hedge ratios: how much of leg B holds leg A. One file a method, one table."""

from collections.abc import Mapping
from typing import Protocol, overload

from numpy.typing import ArrayLike

from quant.analytics.hedge.huber import huber
from quant.analytics.hedge.kalman import kalman
from quant.analytics.hedge.ols import ols
from quant.analytics.hedge.theil_sen import theil_sen
from quant.analytics.hedge.tls import tls
from quant.analytics.results import HedgeFit, HedgePath
from quant.domain import HedgeMethod


class HedgeEstimator(Protocol):
    """Fits `y = alpha + beta x`: once over all bars, or on the `window` bars before each row."""

    @overload
    def __call__(self, y: ArrayLike, x: ArrayLike, *, window: None = None) -> HedgeFit: ...
    @overload
    def __call__(self, y: ArrayLike, x: ArrayLike, *, window: int) -> HedgePath: ...


HEDGE_METHODS: Mapping[HedgeMethod, HedgeEstimator] = {
    HedgeMethod.OLS: ols,
    HedgeMethod.HUBER: huber,
    HedgeMethod.THEIL_SEN: theil_sen,
    HedgeMethod.KALMAN: kalman,
    HedgeMethod.TLS: tls,
}


def hedge_method(method: HedgeMethod | str) -> HedgeEstimator:
    """Return the estimator of a method; raise InvalidParameter for one that is not in the table."""
    return HEDGE_METHODS[HedgeMethod.parse(method)]
