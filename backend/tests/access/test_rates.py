"""Allowances, on a clock of the test's own."""

import pytest

from quant.access.rate_memory import RateMemory
from quant.access.rates import Rates
from quant.errors import TooManyRequests


class Hands:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def used_up(rates: Rates, key: str, cost: int = 1) -> int:
    """Return how often `key` may ask before it is refused."""
    for count in range(10_000):
        try:
            rates.take(key, cost)
        except TooManyRequests:
            return count
    raise AssertionError("never refused")


@pytest.mark.parametrize(("cost", "count"), [(1, 60), (7, 8), (60, 1), (61, 0)])
def test_an_allowance_is_spent_by_weight(cost: int, count: int) -> None:
    assert used_up(Rates("requests", 60, seconds=60, clock=Hands()), "ana", cost) == count


def test_what_is_refused_takes_nothing() -> None:
    rates = Rates("requests", 10, seconds=60, clock=Hands())
    rates.take("ana", 4)
    with pytest.raises(TooManyRequests):
        rates.take("ana", 7)
    assert used_up(rates, "ana", 2) == 3


def test_each_key_has_its_own() -> None:
    rates = Rates("requests", 3, seconds=60, clock=Hands())
    assert used_up(rates, "ana") == used_up(rates, "ben") == 3


def test_it_comes_back_when_the_refusal_said() -> None:
    clock = Hands()
    rates = Rates("requests", 2, seconds=60, clock=clock)
    used_up(rates, "ana")
    clock.now += 12.5
    with pytest.raises(TooManyRequests) as refused:
        rates.take("ana")
    wait_s = refused.value.retry_after_s
    assert wait_s == 48
    assert refused.value.values == {"retry_after_s": 48, "limit": 2, "window_s": 60}
    clock.now += wait_s - 1
    with pytest.raises(TooManyRequests):
        rates.take("ana")
    clock.now += 1
    assert used_up(rates, "ana") == 2


def test_to_check_counts_nothing() -> None:
    rates = Rates("failures", 2, seconds=60, clock=Hands())
    for _ in range(10):
        rates.check("ana")
    assert used_up(rates, "ana") == 2
    with pytest.raises(TooManyRequests):
        rates.check("ana")


def test_no_allowance_is_no_limit() -> None:
    rates = Rates("requests", 0, seconds=60, clock=Hands())
    for _ in range(1000):
        rates.take("ana", 1000)


def test_memory_is_bounded_and_forgets_the_oldest() -> None:
    clock = Hands()
    memory = RateMemory(clock, most=10)
    for number in range(50):
        memory.incr(f"k{number}", 60)
    assert [memory.get(f"k{number}") for number in (39, 40, 49)] == [0, 1, 1]
    clock.now += 60
    assert memory.get("k49") == 0
    assert memory.reset() == 10
