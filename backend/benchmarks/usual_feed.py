"""A feed as it is usually written, after the steps of cryptofeed 2.4: the other side of the ingest benchmark.

cryptofeed has no wheel of that version to install, so its steps on a trade are repeated here: the `websockets`
client's receive loop, JSON with decimals in place of floats, a handler chosen by the kind of event, a `Trade` object
with the exchange's own fields as normalised by its Binance module, an awaited callback for each consumer, and an
aggregator of decimals for each interval. Its C JSON parser is stood in for by msgspec's, which is faster.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


@dataclass(slots=True)
class Trade:
    exchange: str
    symbol: str
    side: str
    amount: Decimal
    price: Decimal
    timestamp: float
    id: str
    raw: dict[str, Any]


class Candles:
    """One interval's bars, as the aggregating callback keeps them."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self.bars: dict[str, list[Any]] = {}

    async def __call__(self, trade: Trade, _received: float) -> None:
        opened = trade.timestamp // self._seconds
        bar = self.bars.get(trade.symbol)
        if bar is None or bar[0] != opened:
            self.bars[trade.symbol] = [
                opened,
                trade.price,
                trade.price,
                trade.price,
                trade.price,
                trade.amount,
            ]
            return
        bar[2] = max(bar[2], trade.price)
        bar[3] = min(bar[3], trade.price)
        bar[4] = trade.price
        bar[5] += trade.amount


async def take(url: str, count: int, clock: Callable[[], float]) -> None:
    """Take in so many trades."""
    consumers: list[Callable[[Trade, float], Awaitable[None]]] = [Candles(s) for s in (1, 60, 300)]
    decode = msgspec.json.Decoder(float_hook=Decimal).decode
    symbols: dict[str, str] = {}

    async def on_trade(message: dict[str, Any], received: float) -> None:
        name = message["s"]
        trade = Trade(
            "BINANCE_FUTURES",
            symbols.setdefault(name, f"{name.removesuffix('USDT')}-USDT-PERP"),
            "sell" if message["m"] else "buy",
            Decimal(message["q"]),
            Decimal(message["p"]),
            message["T"] / 1000.0,
            str(message["a"]),
            message,
        )
        for consumer in consumers:
            await consumer(trade, received)

    handlers = {"aggTrade": on_trade}
    taken = 0
    async with connect(f"{url}/stream", compression=None, max_queue=None) as socket:
        try:
            async for message in socket:
                received = clock()
                data = decode(message)["data"]
                await handlers[data["e"]](data, received)
                taken += 1
        except ConnectionClosed:
            pass
    assert taken == count
