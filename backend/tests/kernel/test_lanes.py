"""Eight numbers at once are what numpy makes of each."""

import numba
import numpy as np
import pytest
from numba.core.errors import NumbaError, TypingError

from quant.kernel.lanes import (
    LANES,
    every,
    inverse_root,
    less,
    load,
    plus,
    product,
    quotient,
    smaller,
    store,
    total,
)

jit = numba.njit(error_model="numpy")  # not the platform's, which counts what a server has to compile


@jit
def answers(one, other, third, out):
    a, b, c = load(one, LANES), load(other, 0), load(third, 3)
    store(total(a, b), out, 0)
    store(product(a, b), out, LANES)
    store(quotient(a, b), out, 2 * LANES)
    store(plus(a, b, c), out, 3 * LANES)
    store(less(a, b, c), out, 4 * LANES)
    store(smaller(a, b), out, 5 * LANES)
    store(inverse_root(a), out, 6 * LANES)
    store(every(third[0]), out, 7 * LANES)


@jit
def copied(at, out):
    store(load(at, 0), out, 0)


def test_every_lane_is_calculated_as_a_float_is():
    rng = np.random.default_rng(1)
    one, other, third = (
        rng.uniform(0.1, 2.0, (2, LANES)),
        rng.uniform(0.1, 2.0, LANES),
        rng.uniform(0.1, 2.0, 40),
    )
    out = np.full((9, LANES), -1.0)
    answers(one, other, third, out)
    a, b, c = one[1], other, third[3 : 3 + LANES]
    exact = [a + b, a * b, a / b]
    np.testing.assert_array_equal(out[:3], exact)
    np.testing.assert_allclose(out[3:5], [a + b * c, a - b * c], rtol=1e-15, atol=1e-15)  # may be contracted
    np.testing.assert_array_equal(out[5], np.minimum(a, b))
    np.testing.assert_allclose(out[6], 1.0 / np.sqrt(a), rtol=1e-15)
    np.testing.assert_array_equal(out[7], np.full(LANES, third[0]))
    assert (out[8] == -1.0).all()


def test_what_is_not_a_number_stays_in_its_lane():
    one, other = np.ones((2, LANES)), np.full(LANES, 2.0)
    one[1, 2], other[5], one[1, 6] = np.nan, np.nan, -1.0
    out = np.empty((8, LANES))
    answers(one, other, np.ones(40), out)
    lanes = np.arange(LANES)
    assert (np.isnan(out[0]) == np.isin(lanes, [2, 5])).all()
    assert (np.isnan(out[6]) == np.isin(lanes, [2, 6])).all()
    smallest = np.ones(LANES)
    smallest[2], smallest[6] = np.nan, -1.0  # the first of two that have no order
    np.testing.assert_array_equal(out[5], smallest)


@pytest.mark.parametrize("at", [np.ones((LANES, 2)).T, np.ones(LANES, np.float32)])
def test_other_arrays_are_refused(at):
    with pytest.raises((TypeError, TypingError, NumbaError), match="C-contiguous float64"):
        copied(at, np.empty(LANES))
