"""`quant record`: the frames of a live source, as they come, to a file."""

import asyncio
from pathlib import Path

from quant.clock import SystemClock
from quant.engine.markets import BinanceMarket, make_market
from quant.engine.source import parse_source
from quant.errors import InvalidParameter, UnknownSymbol
from quant.feed.recording import RecordingWriter
from quant.settings import Settings


async def record(settings: Settings, path: Path, *, symbols: list[str], seconds: float | None) -> int:
    """Write until `seconds` have passed or the task is cancelled; return the number of messages.

    Raises InvalidParameter for a source that is not live, UnknownSymbol for a symbol it does not list.
    """
    source = parse_source(settings.source)
    market = make_market(source, settings, SystemClock())
    if not isinstance(market, BinanceMarket):
        raise InvalidParameter("source", f"{source.text} is a recording already")
    writer = RecordingWriter(path)
    try:
        await market.open()
        for symbol in symbols:
            if symbol not in market.specs:
                raise UnknownSymbol(symbol, market.name)
        market.want(symbols)
        market.tap = writer.write
        async with asyncio.timeout(seconds):
            await market.run(lambda _: None)
    except (TimeoutError, asyncio.CancelledError):
        pass  # asked to stop: what was written stays
    finally:
        await market.close()
        writer.close()
    return writer.lines
