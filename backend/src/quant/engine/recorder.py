"""`quant record`: the frames of a live source, as they come, to a file."""

import asyncio
import signal
import sys
from pathlib import Path

from quant.clock import SystemClock
from quant.engine.markets import LiveMarket, make_market
from quant.engine.source import parse_source
from quant.errors import InvalidParameter, RecordingError, UnknownSymbol
from quant.feed.recording import RecordingWriter
from quant.settings import Settings


async def record(settings: Settings, path: Path, *, symbols: list[str], seconds: float | None) -> int:
    """Write until `seconds` have passed or the task is cancelled; return the number of messages.

    Raises InvalidParameter for a source that is not live, UnknownSymbol for a symbol it does not list, RecordingError
    for a file that exists or cannot be made.
    """
    source = parse_source(settings.source)
    once = settings.model_copy(update={"redundant_connections": 1})  # twins would write everything twice
    market = make_market(source, once, SystemClock())
    if not isinstance(market, LiveMarket):
        raise InvalidParameter("source", f"{source.text} is a recording already")
    _check_new(path)
    try:
        await market.open()
        for symbol in symbols:
            if symbol not in market.specs:
                raise UnknownSymbol(symbol, market.name)
        market.want(symbols)
        return await _write(market, path, seconds=seconds)
    finally:
        await market.close()


def _check_new(path: Path) -> None:
    """Raise RecordingError for a file that is there, before anything has been started for it."""
    if path.exists():
        raise RecordingError(f"{path} exists already; choose another name", file=str(path))


async def _write(market: LiveMarket, path: Path, *, seconds: float | None) -> int:
    writer = RecordingWriter(path)
    market.tap = writer.write
    _cancel_on_term()
    try:
        async with asyncio.timeout(seconds):
            await market.run(lambda _: None)
    except (TimeoutError, asyncio.CancelledError):
        pass  # asked to stop: what was written stays
    finally:
        writer.close()
    return writer.lines


def _cancel_on_term() -> None:
    """Have SIGTERM end the recording as Ctrl-C does, with its file closed."""
    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
