"""An exchange that sends trades at a steady rate, in a process of its own."""

import asyncio
import time
from multiprocessing.connection import Connection

from feed.frames import agg_trade, combined
from feed.servers import Client, frame

RATE, SLICES = 50_000, 50
SYMBOLS = [f"A{number}USDT" for number in range(30)]


def serve(ready: Connection, seconds: float) -> None:
    """Send `RATE` trades a second, `seconds` long, to one client."""
    asyncio.run(_serve(ready, seconds))


async def _serve(ready: Connection, seconds: float) -> None:
    whole = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(reader, writer)
        await client.upgrade()
        text = combined(agg_trade(s="SYMBOL", a=424242, T=171717)).decode()
        begun, each = time.monotonic(), RATE // SLICES
        for part in range(int(seconds * SLICES)):
            ms = 1_740_830_400_000 + part * 1000 // SLICES
            writer.write(
                b"".join(
                    frame(
                        text.replace("SYMBOL", SYMBOLS[number % 30], 1)
                        .replace("424242", str(number // 30))
                        .replace("171717", str(ms))
                        .encode()
                    )
                    for number in range(part * each, (part + 1) * each)
                )
            )
            await writer.drain()
            await asyncio.sleep(max(0.0, begun + (part + 1) / SLICES - time.monotonic()))
        await reader.read()
        whole.set()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        ready.send(server.sockets[0].getsockname()[1])
        await whole.wait()
