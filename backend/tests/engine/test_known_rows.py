"""A pair's analysis on top of an earlier one is the one made from nothing, to the last digit."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quant.domain import Interval, Pair, Quality, Scale
from quant.engine.analysis import KEEPS_ROWS, PairInputs, analyse, seconds_for
from quant.engine.cost import pair_seconds
from quant.engine.protocol import PairKey
from quant.market.align import AlignedLegs

WINDOW, ROWS = 12, 40
MINUTE = Interval.parse("1m")
COLUMNS = ("alpha", "beta", "sd", "spread", "zscore", "correlation")


def inputs_of(method, first, y, x):
    """Return the inputs of bars `first` on, as the engine hands them in."""
    times = MINUTE.ns * np.arange(first, first + len(y))
    legs = AlignedLegs(times, y, x, np.full(len(y), int(Quality.COMPLETE)))
    key = PairKey(Pair("AUSDT", "BUSDT"), "1m", WINDOW, method, Scale.LEVEL)
    return PairInputs(key, "sim-1", None, 60, legs, ROWS, math.nan, math.nan, "")


def assert_same(found, truth):
    assert found.series.first_row == truth.series.first_row
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(found.series, name), getattr(truth.series, name), name)
    assert repr((found.next_fit, found.fit)) == repr((truth.next_fit, truth.fit))  # NaN equals NaN here


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 5)),
        st.tuples(st.just("correct"), st.integers(1, 60)),
        st.tuples(st.just("gap"), st.integers(1, 60)),
        st.tuples(st.just("slide"), st.just(WINDOW)),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize("method", KEEPS_ROWS)
@given(seed=st.integers(0, 1000), length=st.integers(1, 90), steps=STEPS)
@settings(deadline=None)
def test_rows_that_are_known_are_those_that_would_be_computed(method, seed, length, steps):
    rng = np.random.default_rng(seed)
    x = 100.0 + 0.01 * rng.integers(-5, 6, 200).cumsum()
    y = 3.0 + 1.3 * x + 0.01 * rng.integers(-3, 4, 200)
    first, last = 0, length
    held = analyse(inputs_of(method, first, y[first:last].copy(), x[first:last].copy()))
    for what, size in steps:
        if what == "append":
            last = min(last + size, len(y))
        elif what == "slide":
            first = first + size if last - first > size else first
        else:
            (y if size % 2 else x)[max(last - size, 0)] = math.nan if what == "gap" else 100.0 + size
        inputs = inputs_of(method, first, y[first:last].copy(), x[first:last].copy())
        held = analyse(inputs, held)
        assert_same(held.analysis, analyse(inputs).analysis)


@pytest.mark.parametrize("method", KEEPS_ROWS)
def test_a_new_bar_asks_for_one_row(method):
    rng = np.random.default_rng(1)
    x = 100.0 + rng.standard_normal(80).cumsum()
    y = 3.0 + 1.3 * x + rng.standard_normal(80)
    held = analyse(inputs_of(method, 0, y[:-1], x[:-1]))
    expected = pair_seconds(method, window=WINDOW, rows=1)
    assert seconds_for(inputs_of(method, 0, y, x), held) == expected
