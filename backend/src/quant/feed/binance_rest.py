"""Binance USD-M Futures over REST: symbols, clock, klines."""

from collections.abc import Callable
from typing import TypeVar

import httpx
import msgspec
import numpy as np

from quant.clock import NS_PER_MS
from quant.domain import Bars, Interval, Quality, SymbolSpec
from quant.errors import ExchangeRejected, ExchangeUnreachable
from quant.feed.binance import NOT_READABLE, Ms, plain_number

MAX_KLINES = 1500
LONGEST_PAUSE_S = 3 * 86_400.0  # the longest ban there is

T = TypeVar("T")
V = TypeVar("V")


class _Filter(msgspec.Struct):
    filter_type: str = msgspec.field(name="filterType")
    tick_size: str | None = msgspec.field(name="tickSize", default=None)
    step_size: str | None = msgspec.field(name="stepSize", default=None)


class _Symbol(msgspec.Struct):
    symbol: str
    status: str
    base: str = msgspec.field(name="baseAsset")
    quote: str = msgspec.field(name="quoteAsset")
    filters: list[_Filter] = msgspec.field(default_factory=list)


class _ExchangeInfo(msgspec.Struct):
    symbols: list[_Symbol]


class _Time(msgspec.Struct):
    server_time: Ms = msgspec.field(name="serverTime")


# open time, open, high, low, close, volume, close time, quote volume, trades; then fields of no use here
_Kline = list[object]


class BinanceRest:
    """One client, one connection pool; answers are typed at once."""

    def __init__(self, base_url: str, *, timeout_s: float = 10.0) -> None:
        self._client = httpx.AsyncClient(base_url=base_url, timeout=timeout_s)
        self._host = httpx.URL(base_url).host

    async def symbols(self) -> list[SymbolSpec]:
        path = "/fapi/v1/exchangeInfo"
        info = self._read(path, await self._get(path), _ExchangeInfo)
        return [self._checked(path, _spec, symbol) for symbol in info.symbols]

    async def server_time(self) -> int:
        path = "/fapi/v1/time"
        return self._read(path, await self._get(path), _Time).server_time * NS_PER_MS

    async def klines(self, symbol: str, interval: Interval, *, limit: int, start: int | None = None) -> Bars:
        path = "/fapi/v1/klines"
        query: dict[str, str | int] = {"symbol": symbol, "interval": interval.name, "limit": limit}
        if start is not None:
            query["startTime"] = start // NS_PER_MS
        rows = self._read(path, await self._get(path, query), list[_Kline])
        return self._checked(path, _bars, rows)

    async def close(self) -> None:
        await self._client.aclose()

    async def _get(self, path: str, query: dict[str, str | int] | None = None) -> bytes:
        try:
            answer = await self._client.get(path, params=query)
        except httpx.HTTPError as error:
            detail = str(error) or type(error).__name__
            raise ExchangeUnreachable(f"cannot reach {self._host}: {detail}") from error
        if answer.status_code >= 500:
            raise ExchangeUnreachable(f"{self._host} answered {answer.status_code}")
        if answer.status_code != 200:
            raise ExchangeRejected(
                f"{self._host} refused {path}: {answer.status_code} {_reason(answer.text)}".rstrip(),
                status=answer.status_code,
                retry_after_s=_seconds(answer.headers.get("Retry-After")),
            )
        return answer.content

    def _read(self, path: str, content: bytes, kind: type[T]) -> T:
        return self._checked(path, lambda text: msgspec.json.decode(text, type=kind), content)

    def _checked(self, path: str, make: Callable[[V], T], value: V) -> T:
        try:
            return make(value)
        except NOT_READABLE as error:
            raise ExchangeUnreachable(
                f"{self._host} answered {path} with what is no answer: {error}"
            ) from error


def _reason(text: str) -> str:
    """Return the exchange's own words, or the beginning of whatever came in their place, on one line."""
    try:
        return str(msgspec.json.decode(text)["msg"])
    except (*NOT_READABLE, LookupError, TypeError):
        return " ".join(text.split())[:200]


def _seconds(text: str | None) -> float | None:
    """Return a Retry-After in seconds; None for a date or for what cannot be meant."""
    try:
        seconds = None if text is None else float(text)
    except ValueError:
        return None
    return seconds if seconds is not None and 0 <= seconds <= LONGEST_PAUSE_S else None


def _spec(symbol: _Symbol) -> SymbolSpec:
    tick = next((f.tick_size for f in symbol.filters if f.filter_type == "PRICE_FILTER"), None)
    step = next((f.step_size for f in symbol.filters if f.filter_type == "LOT_SIZE"), None)
    return SymbolSpec(
        symbol.symbol,
        symbol.base,
        symbol.quote,
        symbol.status,
        plain_number(tick or "0"),
        plain_number(step or "0"),
    )


def _bars(rows: list[_Kline]) -> Bars:
    n = len(rows)
    checked = [_row(row) for row in rows]
    numbers = np.array([prices for _, prices, _ in checked]).reshape(n, 6)
    return Bars(
        times=np.array([ms for ms, _, _ in checked], np.int64) * NS_PER_MS,
        opens=numbers[:, 0],
        highs=numbers[:, 1],
        lows=numbers[:, 2],
        closes=numbers[:, 3],
        volumes=np.ascontiguousarray(numbers[:, 4]),
        quote_volumes=np.ascontiguousarray(numbers[:, 5]),
        trades=np.array([trades for _, _, trades in checked], np.int64),
        qualities=np.full(n, Quality.KLINE, np.uint8),
        revisions=np.zeros(n, np.int64),
        closed=np.ones(n, np.bool_),
    )


def _row(row: _Kline) -> tuple[int, list[float], int]:
    """Return open time (ms), prices with both volumes, and trades; raise ValueError for anything else."""
    match row:
        case [int(ms), str(), str(), str(), str(), str(), int(), str(), int(trades), *_]:
            if 0 < ms < 9_000_000_000_000 and 0 <= trades < 2**53:
                return ms, [plain_number(str(row[i])) for i in (1, 2, 3, 4, 5, 7)], trades
    raise ValueError(f"{row!r} is no kline")
