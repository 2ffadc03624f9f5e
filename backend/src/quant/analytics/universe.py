"""Cointegration of all pairs of a universe."""

import math

import numpy as np
from numpy.typing import ArrayLike

from quant.analytics.findings import LagRule, Progress, find
from quant.analytics.holdout import with_holdout
from quant.analytics.inputs import LARGEST, checked_window
from quant.analytics.pair_table import PairTable, table_of
from quant.analytics.stationarity import AutoLag
from quant.analytics.tail_calibration import calibrated
from quant.domain import FloatArray, Scale
from quant.errors import InvalidParameter


def scan_pairs(
    prices: ArrayLike,
    *,
    scale: Scale | str = Scale.LOG,
    window: int | None = None,
    max_lag: int | None = None,
    autolag: AutoLag | None = "aic",
    level: float = 0.05,
    calibrate: bool = False,
    holdout: float | None = None,
    screen: float = 0.5,
    fit: float = 0.9,
    progress: Progress | None = None,
) -> PairTable:
    """Return the cointegration of all pairs of columns of `prices`, (bars, symbols), NaN where a bar is masked.

    All bars are tested, or the last `window` ones. A column that has a hole, hardly moves or is another one once
    more costs only its own pairs, by their status. `level` is the one at which false pairs are counted.

    With `calibrate` each pair whose q is at most `level` is held against its own null (`tail_calibration`), some 30 ms
    a pair; without it q rests on MacKinnon's p, which heavy tails and jumps make too small. With `holdout`, a share
    of the bars between 0 and 1, pairs are tested on that share, the last ones, and corrected for those only, that
    have on the first bars a p of at most `screen` and a line that explains at least the share `fit` of y's movement
    (R²), or a p of at most 0.001.

    `progress(done, of)` is called every few milliseconds, counting anew in the screen and the test of a hold-out; an
    exception that it raises ends the scan. Work is done
    in blocks, with the GIL released. Raises InvalidParameter.
    """
    on, level = checked_scale(scale), checked_share("level", level)
    levels, returns = checked_levels(prices, scale=on, window=window)
    n = levels.shape[1]
    rule = LagRule.of(n, max_lag, autolag)
    table = table_of(find(levels, returns, rule, progress), n=n, scale=on, rule=rule, level=level)
    if calibrate:
        table = calibrated(table, lambda k: levels[k], rule, progress)
    if holdout is None:
        return table
    cut, screen = n - round(n * checked_share("holdout", holdout)), checked_share("screen", screen)
    before = rule.for_bars(cut)
    found = find(levels[:, :cut], returns[:, : max(cut - 1, 0)], before, progress)
    first = table_of(found, n=cut, scale=on, rule=before, level=level)
    return with_holdout(
        table, first, levels, screen=screen, fit=_checked_fit(fit), rule=rule, calibrate=calibrate, progress=progress
    )  # fmt: skip


def checked_levels(prices: ArrayLike, *, scale: Scale, window: int | None) -> tuple[FloatArray, FloatArray]:
    """Return levels and log returns, a row a symbol, NaN where a price cannot be used."""
    array = np.asarray(prices, dtype=np.float64)
    if array.ndim != 2:
        raise InvalidParameter("prices", f"must have two dimensions, bars and symbols, got {array.ndim}")
    if window is not None and checked_window(window, least=1) > len(array):
        raise InvalidParameter(
            "window", f"is longer than the {len(array)} bars", have=len(array), need=window
        )
    rows = np.ascontiguousarray((array if window is None else array[-window:]).T)
    rows = np.where(np.abs(rows) <= LARGEST, rows, math.nan)
    if scale is Scale.LEVEL:
        return rows, log_returns(rows)
    return np.log(rows, out=np.full(rows.shape, math.nan), where=rows > 0), log_returns(rows)


def log_returns(prices: FloatArray) -> FloatArray:
    """Return the log returns of each row, NaN beside a price that is missing or not positive."""
    before, now = prices[:, :-1], prices[:, 1:]
    # log1p of the relative step keeps the digits that the difference of two logarithms would lose
    relative = np.divide(
        now - before, before, out=np.full(now.shape, math.nan), where=(before > 0) & (now > 0)
    )
    fallen = relative < -0.5  # where it is the ratio that has more digits
    relative[fallen] = 0.0
    returns: FloatArray = np.log1p(relative)
    returns[fallen] = np.log(now[fallen]) - np.log(before[fallen])
    return returns


def checked_scale(scale: Scale | str) -> Scale:
    """Return the scale; raise InvalidParameter for an unknown one."""
    try:
        return Scale(scale)
    except ValueError:
        raise InvalidParameter("scale", f"{scale!r} is not one of level, log") from None


def _checked_fit(fit: float) -> float:
    if not 0.0 <= fit < 1.0:
        raise InvalidParameter("fit", f"must be from 0 to under 1, got {fit!r}")
    return float(fit)


def checked_share(name: str, value: float) -> float:
    """Return the value; raise InvalidParameter when it does not lie between 0 and 1."""
    if not 0.0 < value < 1.0:
        raise InvalidParameter(name, f"must lie between 0 and 1, got {value!r}")
    return float(value)
