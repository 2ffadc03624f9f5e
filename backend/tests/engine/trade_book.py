"""An exchange's trades by id over a real socket: it has what a test gives it, and refuses what a test forbids."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import numpy as np

from feed.servers import Client, scripted
from quant.domain import TradeBatch

NS_PER_MS = 1_000_000


class TradeBook:
    """Answers `aggTrades`; a trade happens a millisecond after the one before it, the newest a minute ago."""

    def __init__(self, last_ids: dict[str, int]) -> None:
        self.last_ids = last_ids
        self.void: set[int] = set()
        """Ids whose rows say that there is no such trade."""
        self.broken: dict[int, object] = {}
        """What stands in the place of a trade's price."""
        self.ahead_ns: dict[int, int] = {}
        """How much too late the time of a trade's row is."""
        self.choking: set[tuple[str, int]] = set()
        """No answer that reaches one of these is ever made."""
        self.lagging_at: int | None = None
        """The newest id that the copy which answers knows of, where it is behind."""
        self.oldest_id = 0
        """Below it questions are refused, or answered from it on."""
        self.refuses_old = True
        self.refusals: list[tuple[int, str]] = []
        """Status and headers of the next answers."""
        self.asked: dict[str, list[tuple[int, int]]] = defaultdict(list)
        """First id and number of rows of each question."""
        self.url = ""
        self._newest_ms = time.time_ns() // NS_PER_MS - 60_000

    def times(self, symbol: str, ids: Iterable[int]) -> list[int]:
        """Return when these trades happened, ns."""
        return [(self._newest_ms - self.last_ids[symbol] + each) * NS_PER_MS for each in ids]

    def batch(self, symbol: str, ids: Iterable[int]) -> TradeBatch:
        """Return trades as a stream would have brought them."""
        numbers = np.array(list(ids), np.int64)
        n = len(numbers)
        times = np.array(self.times(symbol, numbers.tolist()), np.int64)
        prices, sizes = np.full(n, 100.0), np.ones(n)
        sells, counts = np.zeros(n, np.uint8), np.ones(n, np.int64)
        return TradeBatch(
            (symbol,), np.zeros(n, np.int32), numbers, times, times, prices, sizes, sells, counts
        )

    def _rows(self, symbol: str, first: int, limit: int) -> list[dict[str, object]]:
        newest = self.last_ids[symbol] if self.lagging_at is None else self.lagging_at
        ids = range(first, min(first + limit, newest + 1))
        return [
            {
                "a": each,
                "p": "0" if each in self.void else self.broken.get(each, "100.0"),
                "q": "0" if each in self.void else "1",
                "f": -1 if each in self.void else each,
                "l": -1 if each in self.void else each,
                "T": (moment + self.ahead_ns.get(each, 0)) // NS_PER_MS,
                "m": True,
            }
            for each, moment in zip(ids, self.times(symbol, ids), strict=True)
        ]

    def _answer(self, path: str) -> tuple[int, str, object]:
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        if "fromId" not in query:
            listed = [
                {"symbol": each, "status": "TRADING", "baseAsset": each, "quoteAsset": "USDT"}
                for each in self.last_ids
            ]
            return 200, "", {"symbols": listed}
        symbol, first, limit = query["symbol"], int(query["fromId"]), int(query["limit"])
        self.asked[symbol].append((first, limit))
        if self.refusals:
            return *self.refusals.pop(0), {}
        if first < self.oldest_id:
            if self.refuses_old:
                return 400, "", {"code": -1100, "msg": "Data sent for parameter 'fromId' is not valid."}
            first = self.oldest_id
        if any(each == symbol and first <= chokes < first + limit for each, chokes in self.choking):
            return 503, "", {}
        return 200, "", self._rows(symbol, first, limit)

    async def serve(self, client: Client) -> None:
        """Answer one request and close."""
        await client.read_request()
        status, headers, document = self._answer(client.path)
        body = json.dumps(document).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
        await client.send(head.encode() + body)


@asynccontextmanager
async def open_book(book: TradeBook) -> AsyncGenerator[TradeBook, None]:
    """Serve the book at its `url`."""
    async with asyncio.timeout(100), scripted(book.serve) as server:
        book.url = f"http://127.0.0.1:{server.port}"
        yield book
