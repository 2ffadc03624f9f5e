"""Two legs on one grid: gaps are masked and keep their place."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from market.comparing import SYMBOLS, Close, Step, do, new_state, new_twin, scenarios
from market.reference import TwinBars, TwinMarket
from market.tape import START, batch, trade
from quant.clock import NS_PER_S
from quant.domain import Pair, Quality
from quant.market.align import align

CONCERN = ("complete", "kline", "backfilled", "quiet", "partial", "gap", "none")


def twin_leg(bars: TwinBars, opened: int) -> tuple[float, str]:
    if opened not in bars.bars or opened >= bars.open_from:
        return math.nan, "none"
    row = bars.row(opened)
    return (math.nan if row.quality is Quality.GAP else row.close), row.quality.label


def twin_legs(
    twin: TwinMarket, pair: Pair, interval: str, rows: int, end: int | None
) -> list[tuple[int, float, float, str]]:
    """Return (time, y, x, quality) on the grid that ends where both legs are closed."""
    a, b = (twin.symbols[symbol].bars[interval] for symbol in (pair.a, pair.b))
    both = min(a.open_from, b.open_from)
    last = both if end is None else min(both, a.floor(end))
    lines = []
    for opened in range(last - rows * a.width, last, a.width) if both else ():
        (y, y_quality), (x, x_quality) = twin_leg(a, opened), twin_leg(b, opened)
        worse = max(y_quality, x_quality, key=CONCERN.index)
        if lines or worse != "none":
            lines.append((opened, y, x, worse))
    return lines


@given(
    steps=scenarios(most=20),
    rows=st.integers(1, 150),
    interval=st.sampled_from(("1s", "5s", "1m")),
    end_s=st.none() | st.integers(-5, 300),
)
def test_aligned_legs_equal_the_twins(steps: list[Step], rows: int, interval: str, end_s: int | None):
    state, twin = new_state(), new_twin()
    for step in steps:
        do(state, step)
        do(twin, step)
    end = None if end_s is None else START + end_s * NS_PER_S + 7
    pair = Pair(*SYMBOLS)
    legs = align(state, pair, interval, rows=rows, end=end)
    got = [
        (int(time), float(y), float(x), Quality(int(quality)).label)
        for time, y, x, quality in zip(legs.times, legs.y, legs.x, legs.qualities, strict=True)
    ]
    assert repr(got) == repr(twin_legs(twin, pair, interval, rows, end))
    assert len(legs) == len(got)


@settings(max_examples=50)
@given(steps=scenarios(most=20))
def test_swapping_the_legs_swaps_the_columns(steps: list[Step]):
    state = new_state()
    for step in (*steps, Close(200, SYMBOLS)):
        do(state, step)
    one, other = (align(state, Pair(*pair), "1s", rows=100) for pair in (SYMBOLS, SYMBOLS[::-1]))
    assert one.times.tolist() == other.times.tolist()
    assert np.array_equal(one.y, other.x, equal_nan=True)
    assert np.array_equal(one.x, other.y, equal_nan=True)
    assert one.qualities.tolist() == other.qualities.tolist()


def test_a_gap_in_one_leg_keeps_its_place_as_nan():
    state = new_state()
    state.apply(batch([trade("A", i, i + 0.5, str(100 + i)) for i in range(6)]))
    state.apply(batch([trade("B", i, i + 0.5, str(200 + i)) for i in (0, 1, 3, 4, 5)]))
    state.close_until(START + 6 * NS_PER_S, symbols=["A", "B"])
    legs = align(state, Pair("A", "B"), "1s", rows=10)
    assert ((legs.times - START) // NS_PER_S).tolist() == [0, 1, 2, 3, 4, 5]
    assert legs.y.tolist() == [100.0, 101.0, 102.0, 103.0, 104.0, 105.0]
    assert np.isnan(legs.x).tolist() == [False, True, True, True, False, False]
    assert [Quality(int(each)).label for each in legs.qualities] == [
        "partial",
        "gap",
        "gap",
        "gap",
        "complete",
        "complete",
    ]


def test_the_grid_ends_where_both_legs_are_closed():
    state = new_state()
    state.apply(batch([trade(symbol, i, i + 0.5) for i in range(5) for symbol in "AB"]))
    state.close_until(START + 4 * NS_PER_S, symbols=["A"])
    state.close_until(START + 2 * NS_PER_S, symbols=["B"])
    legs = align(state, Pair("A", "B"), "1s", rows=10)
    assert ((legs.times - START) // NS_PER_S).tolist() == [0, 1]


def test_a_leg_without_bars_leaves_nothing_to_align():
    state = new_state()
    state.apply(batch([trade("A", 1, 0.5)]))
    state.close_until(START + 4 * NS_PER_S, symbols=["A"])
    for other in ("B", "Z"):
        assert len(align(state, Pair("A", other), "1s", rows=10)) == 0
