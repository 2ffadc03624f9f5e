"""The exchange's clock as we see it."""

import asyncio

import pytest

from feed.virtual_time import START_NS, VirtualTime
from quant.clock import NS_PER_MS, NS_PER_S, SystemClock
from quant.errors import ExchangeUnreachable
from quant.feed.binance_rest import BinanceRest
from quant.feed.clock_offset import ClockOffset
from quant.feed.pace import Pace
from quant.simulator import SimConfig, running
from simulator.faulty import plan


class Slow:
    """An exchange 1.5 s ahead of us whose answers take their time: there and back."""

    def __init__(self, time: VirtualTime, *delays_s: tuple[float, float], speed: float = 1.0) -> None:
        self.time = time
        self.speed = speed
        self.delays_s = list(delays_s)
        self.asked = 0

    async def server_time(self) -> int:
        there_s, back_s = self.delays_s[min(self.asked, len(self.delays_s) - 1)]
        self.asked += 1
        await self.time.sleep(there_s)
        now = START_NS + round(1.5 * NS_PER_S) + round(self.speed * self.time.now_s * NS_PER_S)
        await self.time.sleep(back_s)
        return now


def measured(*delays_s: tuple[float, float]) -> ClockOffset:
    time = VirtualTime()
    offset = ClockOffset(Slow(time, *delays_s), pace=Pace(time, pause=time.sleep))  # type: ignore[arg-type]  the one question it asks
    time.run(offset.measure())
    return offset


def test_the_quickest_answer_counts():
    offset = measured((0.4, 0.0), (0.01, 0.01), (0.0, 0.5), (0.3, 0.1))
    assert offset.offset_ns == round(1.5 * NS_PER_S)
    assert offset.rtt_ns == 20 * NS_PER_MS


@pytest.mark.parametrize("delay_s", [(0.08, 0.0), (0.0, 0.08), (0.03, 0.05)])
def test_the_error_is_at_most_half_the_way(delay_s: tuple[float, float]):
    offset = measured(delay_s)
    assert offset.offset_ns is not None
    assert offset.rtt_ns is not None
    assert abs(offset.offset_ns - round(1.5 * NS_PER_S)) <= offset.rtt_ns / 2


def test_before_the_first_answer_nothing_is_known():
    time = VirtualTime()
    offset = ClockOffset(Slow(time, (0, 0)), pace=Pace(time))  # type: ignore[arg-type]
    assert (offset.offset_ns, offset.rtt_ns, offset.exchange_ns(5)) == (None, None, 5)


def test_it_is_measured_every_minute():
    time = VirtualTime()
    slow = Slow(time, (0.01, 0.01))
    offset = ClockOffset(slow, pace=Pace(time, pause=time.sleep))  # type: ignore[arg-type]

    async def five_minutes() -> None:
        task = asyncio.create_task(offset.run())
        await time.sleep(5 * 60 - 1)
        task.cancel()

    time.run(five_minutes())
    assert slow.asked == 5 * 4


def test_an_accelerated_exchange_runs_away_from_our_clock():
    time = VirtualTime()
    offset = ClockOffset(Slow(time, (0, 0), speed=100), pace=Pace(time, 100, time.sleep))  # type: ignore[arg-type]
    time.run(offset.measure())
    time.run(time.sleep(2))
    assert offset.offset_ns == round((1.5 + 99 * 2) * NS_PER_S)


def test_a_skewed_exchange_is_seen_as_it_is():
    ahead = plan({"kind": "skew", "start_s": 0, "duration_s": 1000, "skew_ms": 1500})

    async def scenario() -> None:
        async with running(SimConfig(faults=ahead)) as exchange:
            pace = Pace(SystemClock())
            rest = BinanceRest(exchange.rest_url, pace=pace)
            offset = ClockOffset(rest, pace=pace)
            await offset.measure()
            await rest.close()
            assert offset.offset_ns is not None
            assert offset.rtt_ns is not None
            # The exchange tells whole milliseconds.
            assert abs(offset.offset_ns - 1500 * NS_PER_MS) <= offset.rtt_ns / 2 + 2 * NS_PER_MS

    asyncio.run(scenario())


def test_trouble_with_the_exchange_ends_nothing():
    time = VirtualTime()

    class Down:
        asked = 0

        async def server_time(self) -> int:
            self.asked += 1
            raise ExchangeUnreachable("down")

    down = Down()
    offset = ClockOffset(down, pace=Pace(time, pause=time.sleep))  # type: ignore[arg-type]

    async def ten_minutes() -> None:
        task = asyncio.create_task(offset.run())
        await time.sleep(600 - 1)
        assert not task.done()
        task.cancel()

    time.run(ten_minutes())
    assert down.asked == 10
    assert offset.offset_ns is None
