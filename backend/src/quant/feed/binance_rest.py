"""Binance USD-M Futures over REST: symbols, clock, klines."""

import httpx
import msgspec
import numpy as np

from quant.clock import NS_PER_MS
from quant.domain import Bars, Interval, Quality, SymbolSpec
from quant.errors import ExchangeRejected, ExchangeUnreachable

MAX_KLINES = 1500


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
    server_time: int = msgspec.field(name="serverTime")


# open time, open, high, low, close, volume, close time, quote volume, trades, taker volumes, unused
_Kline = tuple[int, str, str, str, str, str, int, str, int, str, str, str]


class BinanceRest:
    """One client, one connection pool; answers are typed at once."""

    def __init__(self, base_url: str, *, timeout_s: float = 10.0) -> None:
        self._client = httpx.AsyncClient(base_url=base_url, timeout=timeout_s)
        self._host = httpx.URL(base_url).host

    async def symbols(self) -> list[SymbolSpec]:
        info = msgspec.json.decode(await self._get("/fapi/v1/exchangeInfo"), type=_ExchangeInfo)
        return [_spec(symbol) for symbol in info.symbols]

    async def server_time(self) -> int:
        answer = msgspec.json.decode(await self._get("/fapi/v1/time"), type=_Time)
        return answer.server_time * NS_PER_MS

    async def klines(self, symbol: str, interval: Interval, *, limit: int, start: int | None = None) -> Bars:
        query: dict[str, str | int] = {"symbol": symbol, "interval": interval.name, "limit": limit}
        if start is not None:
            query["startTime"] = start // NS_PER_MS
        rows = msgspec.json.decode(await self._get("/fapi/v1/klines", query), type=list[_Kline])
        return _bars(rows)

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
                f"{self._host} refused {path}: {answer.status_code} {answer.text[:200]}",
                status=answer.status_code,
                retry_after_s=_seconds(answer.headers.get("Retry-After")),
            )
        return answer.content


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _spec(symbol: _Symbol) -> SymbolSpec:
    tick = next((f.tick_size for f in symbol.filters if f.filter_type == "PRICE_FILTER"), None)
    step = next((f.step_size for f in symbol.filters if f.filter_type == "LOT_SIZE"), None)
    return SymbolSpec(
        symbol.symbol, symbol.base, symbol.quote, symbol.status, float(tick or 0.0), float(step or 0.0)
    )


def _bars(rows: list[_Kline]) -> Bars:
    n = len(rows)
    numbers = np.array([[float(row[i]) for i in (1, 2, 3, 4, 5, 7)] for row in rows]).reshape(n, 6)
    return Bars(
        times=np.array([row[0] for row in rows], np.int64) * NS_PER_MS,
        opens=numbers[:, 0],
        highs=numbers[:, 1],
        lows=numbers[:, 2],
        closes=numbers[:, 3],
        volumes=np.ascontiguousarray(numbers[:, 4]),
        quote_volumes=np.ascontiguousarray(numbers[:, 5]),
        trades=np.array([row[8] for row in rows], np.int64),
        qualities=np.full(n, Quality.KLINE, np.uint8),
        revisions=np.zeros(n, np.int64),
        closed=np.ones(n, np.bool_),
    )
