"""Klines of an exchange over a real socket: what it does not have is not asked for again and again."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from feed.servers import Client, scripted
from quant.clock import NS_PER_MS, NS_PER_S, SystemClock
from quant.domain import Interval, Quality, TradeBatch
from quant.engine.history import FINAL_AFTER_S, HistoryKeeper
from quant.engine.markets import LiveMarket
from quant.market.state import MarketState

A = "AUSDT"
MINUTE = Interval.parse("1m")
HALF_NS = 30 * NS_PER_S
LISTED_NS = 1_700_000_000 * NS_PER_S // MINUTE.ns * MINUTE.ns + HALF_NS
"""In the middle of a minute."""


class Exchange:
    """Answers klines with the minutes it has, and keeps the time that each question asks from."""

    def __init__(self) -> None:
        self.minutes: list[int] = []
        self.asked: list[int] = []
        self.is_away = False
        self.volumes: dict[int, str] = {}
        """Of minutes whose volume is not 7."""
        self.empty_answers = 0
        """How many of the next answers are empty."""

    async def serve(self, client: Client) -> None:
        await client.read_request()
        if self.is_away and "klines" in client.path:
            return
        url = urlsplit(client.path)
        if url.path.endswith("klines"):
            (start,) = parse_qs(url.query).get("startTime", ["0"])
            self.asked.append(int(start) * NS_PER_MS)
            told = [] if self.empty_answers else self.minutes
            self.empty_answers = max(self.empty_answers - 1, 0)
            answer: object = [
                row(at, self.volumes.get(at, "7")) for at in told if at >= int(start) * NS_PER_MS
            ]
        else:
            answer = {"symbols": []}
        body = json.dumps(answer).encode()
        head = f"HTTP/1.1 200 X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        await client.send(head.encode() + body)


def row(at_ns: int, volume: str) -> list[object]:
    ms = at_ns // NS_PER_MS
    return [ms, "100", "101", "99", "100", volume, ms + 59_999, "700", 7, "3", "300", "0"]


def trades(times: Iterable[int], *, first_id: int) -> TradeBatch:
    at = np.array(list(times), np.int64)
    n = len(at)
    ones, ids = np.ones(n), np.arange(first_id, first_id + n)
    return TradeBatch(
        (A,), np.zeros(n, np.int32), ids, at, at, ones * 100, ones, np.zeros(n, np.uint8), ids * 0 + 1
    )


class Desk:
    def __init__(self, url: str) -> None:
        self.state = MarketState("m", intervals=[MINUTE], tick_capacity=1_000)
        self.market = LiveMarket("m", ws_url="ws://127.0.0.1:1", rest_url=url, clock=SystemClock(), speed=1.0)
        self.now_ns = LISTED_NS
        self.keeper = HistoryKeeper(
            self.market,
            self.state,
            now=lambda: self.now_ns,
            on_changed=lambda _: None,
            fills_from=lambda _: self.fills_from_ns,
        )
        self.fills_from_ns: int | None = None
        self._next_id = 1

    def miss(self, count: int) -> None:
        """So many trades do not come."""
        self._next_id += count

    def hear(self) -> None:
        """A trade comes."""
        self.state.apply(trades([self.now_ns], first_id=self._next_id))
        self._next_id += 1

    async def second(self) -> None:
        """A second passes: a trade comes, bars close, and what lacks is asked for."""
        self.now_ns += NS_PER_S
        self.hear()
        self.state.close_until(self.now_ns - NS_PER_S // 2, symbols=[A])
        await self.keeper.refresh([A])

    def qualities(self) -> list[int]:
        return self.state.bars(A, MINUTE.name, limit=10).qualities.tolist()


def beside(exchange: Exchange, scenario: Callable[[Desk], Awaitable[None]]) -> Desk:
    """Return the desk after a scenario with it."""

    async def run() -> Desk:
        async with asyncio.timeout(60), scripted(exchange.serve) as server:
            desk = Desk(f"http://127.0.0.1:{server.port}")
            await desk.market.open()
            try:
                await scenario(desk)
            finally:
                await desk.market.close()
            return desk

    return asyncio.run(run())


def after(seconds: int, exchange: Exchange, *, lag_s: int = 0) -> Desk:
    """Return the desk so long after the listing; the exchange's kline of a minute is there `lag_s` after its end."""

    async def scenario(desk: Desk) -> None:
        for _ in range(seconds):
            end = desk.now_ns + (1 - lag_s) * NS_PER_S - MINUTE.ns
            exchange.minutes = list(range(LISTED_NS - HALF_NS, end + 1, MINUTE.ns))
            await desk.second()

    return beside(exchange, scenario)


def test_the_minutes_before_a_listing_are_not_asked_for_again_and_again() -> None:
    exchange = Exchange()

    desk = after(300, exchange)

    assert Quality.NONE not in desk.qualities()
    assert len(exchange.asked) < 20


def test_a_kline_that_comes_late_is_had() -> None:
    exchange = Exchange()

    desk = after(300, exchange, lag_s=FINAL_AFTER_S - 2)

    first, *others = desk.qualities()
    assert first == Quality.KLINE, "the minute in the middle of which the symbol was listed"
    assert set(others[:-1]) == {Quality.COMPLETE}


def test_a_kline_is_taken_once_it_is_final() -> None:
    exchange = Exchange()
    first = LISTED_NS - HALF_NS

    async def scenario(desk: Desk) -> None:
        for second in range(60):
            changing = second < 30 + FINAL_AFTER_S - 1
            exchange.minutes = [first, first + MINUTE.ns]
            exchange.volumes = {first: "5" if changing else "9", first + MINUTE.ns: "0.1"}
            await desk.second()

    desk = beside(exchange, scenario)

    bars = desk.state.bars(A, MINUTE.name, limit=2)
    assert bars.qualities.tolist() == [Quality.KLINE, Quality.COMPLETE]
    assert bars.volumes[0] == 9


@pytest.mark.parametrize("is_streaming", [False, True])
def test_one_empty_answer_does_not_take_the_past_away(is_streaming: bool) -> None:
    exchange = Exchange()
    exchange.minutes = [LISTED_NS - HALF_NS - n * MINUTE.ns for n in range(20, -1, -1)]
    exchange.empty_answers = 1

    async def scenario(desk: Desk) -> None:
        if is_streaming:
            desk.hear()
        for _ in range(3):
            await desk.keeper.refresh([A])

    desk = beside(exchange, scenario)

    past = desk.state.bars(A, MINUTE.name, limit=30, end=LISTED_NS - HALF_NS)
    assert past.qualities.tolist() == [Quality.KLINE] * 20
    assert len(exchange.asked) == 2


def test_a_past_that_two_answers_deny_is_asked_for_no_more() -> None:
    exchange = Exchange()

    async def scenario(desk: Desk) -> None:
        for _ in range(5):
            await desk.keeper.refresh([A])

    beside(exchange, scenario)

    assert len(exchange.asked) == 2


def test_a_gap_that_will_soon_have_its_trades_is_left_to_them() -> None:
    """The bar in which the symbol was listed gets its kline meanwhile."""
    exchange = Exchange()

    async def scenario(desk: Desk) -> None:
        exchange.is_away = True
        for _ in range(100):
            await desk.second()
        desk.fills_from_ns = desk.now_ns
        desk.miss(30)
        desk.now_ns += 30 * NS_PER_S
        for _ in range(60):
            await desk.second()
        exchange.is_away = False
        exchange.minutes = list(range(LISTED_NS - HALF_NS, desk.now_ns - MINUTE.ns, MINUTE.ns))
        await desk.second()
        assert desk.qualities()[:3] == [Quality.KLINE, Quality.COMPLETE, Quality.GAP]
        desk.fills_from_ns = None
        await desk.second()
        assert desk.qualities()[:3] == [Quality.KLINE, Quality.COMPLETE, Quality.KLINE]

    beside(exchange, scenario)
