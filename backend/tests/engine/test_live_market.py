"""A live market at an address of our choice: listed symbols, their state, and the exchange's clock."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from feed.servers import Client, eventually, scripted
from quant.clock import NS_PER_S, SystemClock
from quant.engine import markets
from quant.engine.markets import LiveMarket
from quant.errors import ExchangeRejected, ExchangeUnreachable
from quant.simulator import Fault, Running, SimConfig, running

SPEED = 50.0
BTC, ETH = "BTCUSDT", "ETHUSDT"


def beside(scenario: Callable[[LiveMarket, Running], Awaitable[None]]) -> None:
    """Run `scenario` beside a market that streams BTCUSDT and ETHUSDT."""

    async def run() -> None:
        async with asyncio.timeout(100), running(SimConfig(speed=SPEED)) as exchange:
            market = LiveMarket(
                "sim-7-x50",
                ws_url=exchange.ws_url,
                rest_url=exchange.rest_url,
                clock=SystemClock(),
                speed=SPEED,
                redundancy=1,
            )
            market.want([BTC, ETH])
            await market.open()
            task = asyncio.create_task(market.run(lambda _: None))
            try:
                await scenario(market, exchange)
                assert not task.done()
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                await market.close()

    asyncio.run(run())


def verdict(market: LiveMarket, symbol: str) -> str | None:
    health = market.health(symbol)
    return health.verdict if health else None


def strike(exchange: Running, **fault: object) -> None:
    now_ms = exchange.timeline.now_ms()
    start_s = (now_ms - exchange.timeline.start_ms) // 1000 + 2
    exchange.market.add(Fault.parse(fault | {"start_s": start_s}), now_ms=now_ms)


def test_a_symbol_that_settles_is_seen_to():
    async def scenario(market: LiveMarket, exchange: Running) -> None:
        assert market.specs[ETH].status == "TRADING"
        await eventually(lambda: verdict(market, ETH) == "live", what="trades")
        strike(exchange, kind="settle", symbol=ETH)
        await eventually(lambda: market.specs[ETH].status == "SETTLING", what="the new status")
        assert market.specs[BTC].status == "TRADING"
        assert verdict(market, BTC) == "live"

    beside(scenario)


def test_the_exchanges_clock_is_measured():
    async def scenario(market: LiveMarket, exchange: Running) -> None:
        offset = market.clock_offset
        assert offset is not None
        await eventually(lambda: offset.rtt_ns is not None, what="a measurement")
        seen, true = offset.exchange_ns(SystemClock().wall_ns()), exchange.timeline.now_ns()
        assert abs(seen - true) < 60 * NS_PER_S

    beside(scenario)


def test_trouble_with_the_symbols_ends_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(markets, "SPECS_EVERY_S", 0.0)

    async def scenario(market: LiveMarket, exchange: Running) -> None:
        await eventually(lambda: verdict(market, ETH) == "live", what="trades")
        before = dict(market.specs)
        strike(exchange, kind="rest_503", duration_s=300, path="/fapi/v1/exchangeInfo")
        await eventually(lambda: sum(exchange.injector.bitten) >= 2, what="two refusals")
        assert market.specs == before
        assert verdict(market, BTC) == "live"

    beside(scenario)


def test_a_market_that_is_not_open_says_so():
    market = LiveMarket("m", ws_url="ws://127.0.0.1:1", rest_url="http://127.0.0.1:1", clock=SystemClock())
    assert (market.health(BTC), market.connections(), market.is_open(BTC)) == (None, [], False)
    with pytest.raises(ExchangeUnreachable, match="m has not been opened"):
        asyncio.run(market.run(lambda _: None))


def test_a_ban_outlasts_the_client_that_it_was_told_to():
    """As when the source is switched away from an exchange and back."""
    clock = SystemClock()
    asked: list[Client] = []

    async def ban(client: Client) -> None:
        asked.append(client)
        await client.read_request()
        await client.send(
            b"HTTP/1.1 418 X\r\nRetry-After: 90\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )

    async def scenario() -> None:
        async with scripted(ban) as server:
            url = f"http://127.0.0.1:{server.port}"
            for _ in range(2):
                market = LiveMarket("m", ws_url="ws://127.0.0.1:1", rest_url=url, clock=clock)
                for _ in range(2):
                    with pytest.raises(ExchangeRejected, match="418"):
                        await market.open()
                await market.close()
        assert len(asked) == 1

    asyncio.run(scenario())
