"""From a line's numbers to a result: statuses in words, intervals, fits without numbers."""

import math
from collections.abc import Mapping

from quant.analytics.regression import DUPLICATE, FLAT, MISSING, NEAR, SINGULAR
from quant.analytics.results import HedgeFit, Status
from quant.domain import HedgeMethod

_NORMAL = 1.959963984540054

_WORDS = {
    MISSING: (Status.MISSING, "a bar of the window is missing"),
    FLAT: (Status.ZERO_VARIANCE, "a leg does not move"),
    DUPLICATE: (Status.DUPLICATE, "the legs are one series up to scale and shift"),
    NEAR: (Status.NEAR_PERFECT, "1 - R² is under 1.5e-6: the residuals are near rounding"),
    SINGULAR: (Status.SINGULAR, "the window does not determine a line by this method"),
}


def status_of(code: int) -> tuple[Status, str]:
    """Return the status and the reason that a kernel's code stands for."""
    return _WORDS.get(code, (Status.OK, ""))


def fit_from(
    method: HedgeMethod,
    code: int,
    *,
    line: tuple[float, float],
    errors: tuple[float, float],
    sd: float,
    r_squared: float,
    n: int,
    need: int,
    parameters: Mapping[str, float] | None = None,
) -> HedgeFit:
    """Return the fit with the line (alpha, beta), their standard errors and beta's 95 % interval."""
    status, reason = status_of(code)
    (alpha, beta), (alpha_se, beta_se) = line, errors
    return HedgeFit(
        method=method, status=status, reason=reason, alpha=alpha, beta=beta, alpha_se=alpha_se,
        beta_se=beta_se, beta_low=beta - _NORMAL * beta_se, beta_high=beta + _NORMAL * beta_se,
        sd=sd, r_squared=r_squared, n=n, need=need, parameters=parameters or {},
    )  # fmt: skip


def no_fit(method: HedgeMethod, code: int, *, n: int, need: int) -> HedgeFit:
    """Return a fit without numbers, for what a kernel's code says."""
    return _empty(method, *status_of(code), n, need)


def too_short(method: HedgeMethod, *, n: int, need: int) -> HedgeFit:
    """Return a fit without numbers because there are fewer bars than the method takes."""
    return _empty(method, Status.TOO_SHORT, f"a line needs {need} bars, there are {n}", n, need)


def _empty(method: HedgeMethod, status: Status, reason: str, n: int, need: int) -> HedgeFit:
    nan = math.nan
    return HedgeFit(method, status, reason, nan, nan, nan, nan, nan, nan, nan, nan, n, need)
