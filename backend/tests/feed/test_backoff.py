"""Waits between attempts: at random, doubling, capped."""

import random
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from quant.feed.backoff import backoff


@given(seed=st.integers(), first_s=st.floats(0.001, 10), factor=st.floats(1, 100))
def test_every_wait_lies_below_a_doubling_capped_ceiling(seed: int, first_s: float, factor: float):
    cap_s = first_s * factor
    ceiling = first_s
    for wait_s in islice(backoff(random.Random(seed), first_s=first_s, cap_s=cap_s), 20):
        assert 0.1 * first_s <= wait_s <= ceiling
        ceiling = min(2 * ceiling, cap_s)


def test_waits_are_spread_and_reach_the_cap():
    waits = [next(islice(backoff(random.Random(seed)), 8, None)) for seed in range(300)]
    assert max(waits) > 25
    assert min(waits) < 5
    assert 12 < sum(waits) / len(waits) < 18


def test_a_new_row_of_attempts_starts_low_again():
    assert all(next(backoff(random.Random(seed))) <= 1.0 for seed in range(50))


def test_one_seed_gives_one_row():
    rows = [list(islice(backoff(random.Random(3)), 10)) for _ in range(2)]
    assert rows[0] == rows[1]
