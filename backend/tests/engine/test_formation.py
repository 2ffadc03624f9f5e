"""Kalman's rows are a matter of the bar alone: not of the rows asked for beside it, nor of when somebody looks."""

import math
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from quant.domain import HedgeMethod, Interval, Pair, Scale
from quant.engine import analysis
from quant.engine.analysis import analyse, pair_inputs, rows_needed, view_of
from quant.engine.formation import block_bars
from quant.engine.protocol import PairKey, PairView
from quant.engine.running import RunningMarket
from quant.market.align import AlignedLegs
from quant.market.columns import BAR_DEPTH
from quant.market.state import MarketState

BARS = 6500
SECOND = 10**9
BEGUN = 1_750_000_000  # in bars of a second since 1970; 256 bars into a block of 2,048
WINDOW = 60


def walks() -> AlignedLegs:
    """Return legs whose noise is another every 700 bars, so that each formation finds another."""
    generator = np.random.default_rng(1)
    x = 100 + 0.1 * generator.standard_normal(BARS).cumsum()
    noise = np.where(np.arange(BARS) // 700 % 2, 0.3, 0.05) * generator.standard_normal(BARS)
    spread = np.zeros(BARS)
    for t in range(1, BARS):
        spread[t] = 0.9 * spread[t - 1] + noise[t]
    times = np.arange(BEGUN, BEGUN + BARS) * SECOND
    return AlignedLegs(times, 5 + 1.5 * x + spread, x, np.ones(BARS, np.int64))


ALL = walks()


def seen(
    last: int, *, limit: int, window: int = WINDOW, depth: int | None = None, since: int = 0
) -> PairView:
    """Return what is shown after bar `last`: of stored bars from `since` on, or of the newest `depth` in memory."""
    key = PairKey(Pair("Y", "X"), "1s", window, HedgeMethod.KALMAN, Scale.LEVEL)
    need = rows_needed(key, rows=limit)
    bars = slice(max(since, last + 1 - min(need, depth or need)), last + 1)
    legs = AlignedLegs(ALL.times[bars], ALL.y[bars], ALL.x[bars], ALL.qualities[bars])
    state = MarketState(
        "made", intervals=[Interval.parse("1s")], tick_capacity=16, bar_depth=depth or BAR_DEPTH
    )
    for symbol in "YX":
        state.add_symbol(symbol)
    running = cast("RunningMarket", SimpleNamespace(state=state, as_of=1))
    end = int(legs.times[-1]) + SECOND
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "align", lambda *_, **__: legs)  # what memory has
        inputs = pair_inputs(running, key, rows=limit, end=end, legs=None if depth else legs)
    return view_of(analyse(inputs))


def column(view: PairView, name: str) -> dict[int, float]:
    values = getattr(view.series, name).tolist()
    found = {
        time: value for time, value in zip(view.series.times.tolist(), values, strict=True) if value == value
    }
    return cast("dict[int, float]", found)


@pytest.mark.parametrize("window", [WINDOW, 1000])
def test_a_bar_is_the_same_whatever_else_is_asked_for(window: int) -> None:
    views = [seen(6400, limit=limit, window=window) for limit in (1, 100, 1500, 3000)]
    for name in ("fit", "zscore", "sd", "cointegration"):
        assert len({repr(getattr(view.analysis, name)) for view in views}) == 1, name
    for name in ("alpha", "beta", "sd", "zscore", "correlation"):
        longest = column(views[-1], name)
        for view in views:
            rows = column(view, name)
            assert len(rows) == len(view.series.times)
            assert rows.items() <= longest.items(), name


@pytest.mark.parametrize("window", [WINDOW, 1000, 1440, 3000])
@pytest.mark.parametrize("later", [1, WINDOW, 700])
def test_looking_later_changes_no_row(window: int, later: int) -> None:
    early, late = (seen(last, limit=1500, window=window, depth=BAR_DEPTH) for last in (5000, 5000 + later))
    for name in ("alpha", "beta", "sd", "zscore"):
        was, now = column(early, name), column(late, name)
        both = was.keys() & now.keys()
        assert len(both) > 100
        assert {time: was[time] for time in both} == {time: now[time] for time in both}, name


def test_bars_that_begin_late_have_the_first_formation_there_is() -> None:
    begun = 300  # behind where the block's formation would begin
    rows = [seen(last, limit=1500, since=begun) for last in (begun + 100, begun + 160)]
    assert [view.analysis.fit.parameters["formation_first"] for view in rows] == [(BEGUN + begun) * 1000] * 2
    was, now = (column(view, "zscore") for view in rows)
    assert len(was) == 101 - WINDOW
    assert was.items() <= now.items()


@pytest.mark.parametrize("window", [10, WINDOW, 1440, 2047, 4000, BAR_DEPTH - 2])
def test_the_view_says_which_bars_the_formation_is(window: int) -> None:
    last = 6400
    view = seen(last, limit=1, window=window)
    first, newest = (int(view.analysis.fit.parameters[f"formation_{name}"]) for name in ("first", "last"))
    begun = (BEGUN + last) // block_bars(window) * block_bars(window)
    assert (first // 1000, newest // 1000) == (begun - window, begun - 1)
    assert newest < ALL.times[last] // 10**6
    assert block_bars(window) + window < BAR_DEPTH  # memory has it
    assert math.isfinite(view.analysis.zscore)
