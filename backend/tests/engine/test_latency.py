"""The histogram of delays, against counting one by one."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.engine.latency import BOUNDS_MS, latency_view

# A clock that is set wrong gives delays below zero, a stalled line such of minutes.
DELAYS = st.lists(st.integers(-50_000, 200_000).map(lambda tenths: tenths / 10), max_size=60)


def counted(delays: list[float]) -> list[int]:
    """Return how many delays lie between each two bounds, the upper one included."""
    edges = [-math.inf, *BOUNDS_MS, math.inf]
    return [sum(low < each <= high for each in delays) for low, high in pairwise(edges)]


def within(delays: list[float], percent: int) -> float | None:
    """Return the least delay that so many percent of all do not exceed."""
    enough = [
        each
        for each in sorted(delays)
        if 100 * sum(other <= each for other in delays) >= percent * len(delays)
    ]
    return enough[0] if enough else None


@given(a=DELAYS, b=DELAYS)
def test_trades_are_counted_and_ranked(a: list[float], b: list[float]) -> None:
    view = latency_view({"A": np.array(a), "B": np.array(b)}, speed=1.0)

    assert set(view.symbols) == {name for name, delays in (("A", a), ("B", b)) if delays}
    for found, delays in ((view.total, a + b), (view.symbols.get("A"), a), (view.symbols.get("B"), b)):
        if found is None:
            assert not delays
            continue
        assert found.trades == len(delays)
        assert list(found.counts) == counted(delays)
        for name, percent in (("p50_ms", 50), ("p95_ms", 95), ("p99_ms", 99), ("max_ms", 100)):
            assert getattr(found, name) == within(delays, percent), name
    assert view.status == ("ok" if a or b else "no_trades")
    assert (view.reason is None) == (view.status == "ok")


def test_a_bound_is_within_its_own_bucket() -> None:
    view = latency_view({"A": np.array([float(bound) for bound in BOUNDS_MS])}, speed=1.0)
    assert view.total.counts == (*[1] * len(BOUNDS_MS), 0)


@pytest.mark.parametrize("speed", [0.0, 0.5, 50.0])
def test_at_another_pace_there_are_no_delays(speed: float) -> None:
    view = latency_view({"A": np.empty(0)}, speed=speed)
    assert (view.status, view.total.trades) == ("not_comparable", 0)
