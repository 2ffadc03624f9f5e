"""The Python client: a running server's bars, trades and pair statistics as frames, and its live messages.

    from quant.client import Client

    with Client("http://127.0.0.1:8000") as quant:
        quant.start(["BTCUSDT", "ETHUSDT"])
        bars = quant.bars("BTCUSDT", interval="1m", start="2026-03-01")

`AsyncClient` has the same methods as coroutines. Errors are those of `quant.errors`, with the server's own sentence.
"""

from quant.client.asynchronous import AsyncClient
from quant.client.live import Message
from quant.client.synchronous import Client

__all__ = ["AsyncClient", "Client", "Message"]
