"""The live feed against the simulated exchange: symbols spread over connections, none disturbed by another."""

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable

import pytest

from feed.servers import eventually
from quant.clock import SystemClock
from quant.domain import MarkPrice, Quote, TradeBatch
from quant.feed import live
from quant.feed.binance import BinanceUm
from quant.feed.binance_rest import BinanceRest
from quant.feed.link import Timing
from quant.feed.live import LiveFeed
from quant.feed.pace import Pace
from simulator.harness import Exchange, with_exchange

HASTY = Timing(command_every_s=0.0, connect_every_s=0.0, look_every_s=0.01)


class Heard:
    """A live feed at work, and what came out of it."""

    def __init__(self, exchange: Exchange, *, redundancy: int = 1) -> None:
        self.exchange = exchange
        self.ids: dict[str, list[int]] = defaultdict(list)
        self.views: list[Quote | MarkPrice] = []
        self.broken = False
        self.rest = BinanceRest(exchange.rest_url)
        self.feed = LiveFeed(
            exchange=BinanceUm(),
            base_url=exchange.ws_url,
            on_batch=self._take,
            on_views=self.views.extend,
            pace=Pace(SystemClock()),
            rest=self.rest,
            redundancy=redundancy,
            rng=random.Random(1),
            timing=HASTY,
        )

    def _take(self, batch: TradeBatch) -> None:
        if self.broken:
            raise ZeroDivisionError
        for symbol, trade_id in zip(batch.symbols(), batch.ids.tolist(), strict=True):
            self.ids[symbol].append(trade_id)

    async def all_open(self, symbols: Iterable[str]) -> None:
        await eventually(
            lambda: (
                all(self.feed.is_open(symbol) for symbol in symbols)
                and all(info.state != "connecting" for info in self.feed.connections())
            ),
            what="all connections are open",
        )

    async def hear(self, *symbols: str) -> None:
        """Let market time pass until there is news of every symbol."""
        before = {symbol: len(self.ids[symbol]) for symbol in symbols}

        def has_news() -> bool:
            self.exchange.clock.advance(0.05)
            return all(len(self.ids[symbol]) > before[symbol] for symbol in symbols)

        await eventually(has_news, what=f"trades of {symbols}")

    def streams(self) -> dict[str, int]:
        return {info.id: info.streams for info in self.feed.connections()}


@contextlib.asynccontextmanager
async def listening(exchange: Exchange) -> AsyncGenerator[Heard, None]:
    heard = Heard(exchange)
    task = asyncio.create_task(heard.feed.run())
    try:
        yield heard
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await heard.rest.close()


BUSY = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "BNBUSDT")


def assert_without_holes(heard: Heard, symbols: Iterable[str] = ()) -> None:
    for symbol in symbols or heard.ids:
        ids = heard.ids[symbol]
        assert ids == list(range(ids[0], ids[-1] + 1)), symbol


def test_trades_quotes_and_mark_prices_arrive():
    async def scenario(exchange: Exchange) -> None:
        a, b = BUSY[:2]
        async with listening(exchange) as heard:
            heard.feed.want([a, b])
            await heard.all_open([a, b])
            await heard.hear(a, b)
            await eventually(
                lambda: (
                    exchange.clock.advance(0.05)
                    or {(type(view), view.symbol) for view in heard.views}
                    == {(kind, symbol) for kind in (Quote, MarkPrice) for symbol in (a, b)}
                ),
                what="quotes and mark prices of both",
            )
            assert_without_holes(heard)
            assert heard.streams() == {"trades-1": 2, "quotes-1": 2}

    with_exchange(scenario)


def test_changing_the_wish_leaves_the_other_streams_alone():
    async def scenario(exchange: Exchange) -> None:
        a, b, c = BUSY[:3]
        async with listening(exchange) as heard:
            heard.feed.want([a, b])
            await heard.all_open([a, b])
            await heard.hear(a, b)
            heard.feed.want([a, c])
            await heard.hear(a, c)
            silent_since = len(heard.ids[b])
            await heard.hear(a, c)
            assert len(heard.ids[b]) == silent_since
            assert_without_holes(heard)
            assert [info.reconnects for info in heard.feed.connections()] == [0, 0]
            assert not heard.feed.is_open(b)

    with_exchange(scenario)


def test_symbols_are_spread_over_connections_and_stay_where_they_are(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live, "SYMBOLS_PER_CONNECTION", 2)

    async def scenario(exchange: Exchange) -> None:
        names = BUSY[:5]
        async with listening(exchange) as heard:
            heard.feed.want(names)
            await heard.all_open(names)
            await heard.hear(*names)
            full = {
                f"{channel}-{i}": n for channel in ("trades", "quotes") for i, n in ((1, 2), (2, 2), (3, 1))
            }
            assert heard.streams() == full
            gone = sorted(names)[0]
            kept = [name for name in names if name != gone]
            heard.feed.want(kept)
            assert heard.streams() == full | {"trades-1": 1, "quotes-1": 1}
            heard.feed.want(names)
            assert heard.streams() == full, "the free place is taken first"
            await heard.hear(*kept)
            assert_without_holes(heard, kept)
            assert {info.reconnects for info in heard.feed.connections()} == {0}

    with_exchange(scenario)


def test_wanting_nothing_closes_all_and_wanting_again_opens():
    async def scenario(exchange: Exchange) -> None:
        (a,) = BUSY[:1]
        async with listening(exchange) as heard:
            heard.feed.want([a])
            await heard.all_open([a])
            heard.feed.want([])
            await eventually(
                lambda: {info.state for info in heard.feed.connections()} == {"closed"}, what="all closed"
            )
            assert not heard.feed.is_open(a)
            heard.feed.want([a])
            await heard.all_open([a])
            await heard.hear(a)

    with_exchange(scenario)


def test_a_failure_of_the_receiver_ends_the_feed():
    async def scenario(exchange: Exchange) -> None:
        (a,) = BUSY[:1]
        heard = Heard(exchange)
        heard.broken = True
        heard.feed.want([a])
        task = asyncio.create_task(heard.feed.run())
        await eventually(lambda: exchange.clock.advance(0.05) or task.done(), what="the end of the feed")
        with pytest.raises(ExceptionGroup) as caught:
            await task
        assert caught.group_contains(ZeroDivisionError)

    with_exchange(scenario)
