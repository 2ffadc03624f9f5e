"""The request weight: never over the limit in any minute, the urgent first, quiet when told."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.virtual_time import VirtualTime
from quant.errors import ExchangeRejected
from quant.feed.pace import Pace
from quant.feed.weight_budget import Purpose, WeightBudget

LIMIT = 2400


class Spending:
    """A budget on a clock of its own, and what left when."""

    def __init__(self, *, speed: float = 1.0) -> None:
        self.time = VirtualTime()
        self.budget = WeightBudget(limit=LIMIT, pace=Pace(self.time, speed, self.time.sleep))
        self.left: list[tuple[float, int, Purpose]] = []

    async def spend(self, weight: int, purpose: Purpose) -> None:
        await self.budget.spend(weight, purpose)
        self.left.append((self.time.now_s, weight, purpose))

    def most_in_a_minute(self, minute_s: float = 60.0) -> int:
        return max(
            sum(weight for at, weight, _ in self.left if start <= at < start + minute_s)
            for start, _, _ in self.left
        )

    def run(self, work: Callable[[], Awaitable[None]]) -> None:
        async def scenario() -> None:
            await work()

        self.time.run(scenario())


REQUESTS = st.lists(st.tuples(st.integers(1, 20), st.sampled_from(Purpose)), min_size=1, max_size=600)


@given(requests=REQUESTS)
def test_no_minute_holds_more_than_nine_tenths_of_the_limit(requests: list[tuple[int, Purpose]]):
    spending = Spending()

    async def work() -> None:
        await asyncio.gather(*(spending.spend(20 * weight, purpose) for weight, purpose in requests))

    spending.run(work)
    assert len(spending.left) == len(requests)
    assert spending.most_in_a_minute() <= 0.9 * LIMIT


def test_back_fill_leaves_room_for_probes_and_charts():
    spending = Spending()

    async def work() -> None:
        filling = [asyncio.create_task(spending.spend(20, Purpose.BACKFILL)) for _ in range(200)]
        while len(spending.left) < 72:  # noqa: ASYNC110  0.6 of the limit leave at once
            await asyncio.sleep(0)
        await spending.spend(10, Purpose.VIEW)
        await spending.spend(20, Purpose.PROBE)
        assert spending.time.now_s == 0.0, "nobody waited"
        await asyncio.gather(*filling)

    spending.run(work)
    assert sum(weight for at, weight, _ in spending.left if at == 0.0) == 72 * 20 + 30


def test_back_fill_is_as_fast_as_its_share_allows():
    spending = Spending()

    async def work() -> None:
        for _ in range(720):
            await spending.spend(20, Purpose.BACKFILL)

    spending.run(work)
    assert 9 * 60 <= spending.time.now_s < 9 * 60 + 1, "72 requests a minute"


def test_others_behind_the_same_address_are_counted():
    spending = Spending()

    async def work() -> None:
        spending.budget.report(2300)
        await spending.spend(20, Purpose.PROBE)

    spending.run(work)
    assert 60 <= spending.time.now_s < 61


def test_a_report_of_our_own_spending_is_not_counted_twice():
    spending = Spending()

    async def work() -> None:
        for n in range(1, 72):
            await spending.spend(20, Purpose.BACKFILL)
            spending.budget.report(20 * n)
        assert spending.budget.used == 1420

    spending.run(work)
    assert spending.time.now_s == 0.0


def test_a_pause_is_for_everybody():
    spending = Spending()

    async def work() -> None:
        spending.budget.pause(7)
        await asyncio.gather(*(spending.spend(1, purpose) for purpose in Purpose))

    spending.run(work)
    assert {round(at) for at, _, _ in spending.left} == {7}


def test_a_long_pause_is_told_instead_of_waited_for():
    spending = Spending()

    async def work() -> None:
        spending.budget.pause(600)
        with pytest.raises(ExchangeRejected) as caught:
            await spending.spend(1, Purpose.VIEW)
        assert (caught.value.status, caught.value.retry_after_s) == (429, 600)

    spending.run(work)
    assert spending.time.now_s == 0.0


def test_a_ban_is_told_at_once_until_it_is_over():
    spending = Spending()

    async def work() -> None:
        spending.budget.refuse(ExchangeRejected("banned", status=418), 120)
        await spending.time.sleep(100)
        with pytest.raises(ExchangeRejected, match="banned; not asking again for 20 s") as caught:
            await spending.spend(1, Purpose.PROBE)
        assert (caught.value.status, caught.value.retry_after_s) == (418, 20)
        await spending.time.sleep(20)
        await spending.spend(1, Purpose.PROBE)

    spending.run(work)


def test_a_ban_reaches_those_who_wait_already():
    spending = Spending()

    async def work() -> None:
        spending.budget.pause(5)
        waiting = asyncio.create_task(spending.spend(1, Purpose.VIEW))
        await asyncio.sleep(0)
        spending.budget.refuse(ExchangeRejected("banned", status=418), 120)
        with pytest.raises(ExchangeRejected):
            await waiting

    spending.run(work)
    assert spending.left == []


def test_a_milder_refusal_shortens_no_ban():
    spending = Spending()

    async def work() -> None:
        spending.budget.refuse(ExchangeRejected("banned", status=418), 7200)
        spending.budget.refuse(ExchangeRejected("forbidden", status=403), 60)  # was under way
        await spending.time.sleep(100)
        with pytest.raises(ExchangeRejected, match="banned; not asking again for 7100 s") as caught:
            await spending.spend(1, Purpose.PROBE)
        assert caught.value.status == 418

    spending.run(work)


def test_minutes_are_the_markets():
    spending = Spending(speed=100)

    async def work() -> None:
        for _ in range(73):
            await spending.spend(20, Purpose.BACKFILL)

    spending.run(work)
    assert 0.6 <= spending.time.now_s < 0.61
