"""Binance USD-M Futures over REST: symbols, clock, klines, trades by id."""

import math
from collections import Counter
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TypeVar

import httpx
import msgspec
import numpy as np

from quant.clock import NS_PER_MS, NS_PER_S, SystemClock
from quant.domain import Bars, Interval, Quality, SymbolSpec
from quant.errors import ExchangeRejected, ExchangeUnreachable
from quant.feed.binance_messages import NOT_READABLE, Ms, plain_number
from quant.feed.binance_rows import read_rows
from quant.feed.exchange import Fetched, OnQuarantine
from quant.feed.pace import Pace
from quant.feed.weight_budget import Purpose, WeightBudget

MAX_KLINES = 1500
MAX_TRADES = 1000
NEWEST_ROWS = 10  # of which the last may be for an id without a trade
MAX_WEIGHT = 2400  # a minute and address
AGG_TRADES_WEIGHT = 20
KLINE_WEIGHTS = ((99, 1), (499, 2), (1000, 5))  # up to so many bars; beyond: 10
LONGEST_PAUSE_S = 3 * 86_400.0  # the longest ban there is
ASSUMED_PAUSE_S = {
    429: 30.0,
    418: 120.0,
    403: 60.0,
}  # where the exchange gives no time; two minutes: its first ban
LEAST_BAN_S = 10.0
"""A ban is never over at once, whatever Retry-After says: to ask on makes it longer."""
LEAST_TIMEOUT_S = 3.0  # however fast a simulation runs, the answer must be made and sent

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
    """One client, one connection pool, one weight budget; answers are typed at once.

    A 429 makes everybody wait for its Retry-After; after a 418 or 403 nobody asks until the ban is over, and who
    wants to gets ExchangeRejected at once, with `retry_after_s`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout_s: float = 10.0,
        pace: Pace | None = None,
        max_weight: int = MAX_WEIGHT,
        budget: WeightBudget | None = None,
        on_quarantine: OnQuarantine | None = None,
    ) -> None:
        self.quarantined: Counter[str] = Counter()
        self._on_quarantine = on_quarantine
        self._pace = pace or Pace(SystemClock())
        timeout_s = self._pace.real_s(timeout_s, floor_s=LEAST_TIMEOUT_S)
        self._client = httpx.AsyncClient(base_url=base_url, timeout=timeout_s)
        self._host = httpx.URL(base_url).host
        self.budget = budget or WeightBudget(limit=max_weight, pace=self._pace)

    async def symbols(self) -> list[SymbolSpec]:
        path = "/fapi/v1/exchangeInfo"
        info = self._read(path, await self._get(path), _ExchangeInfo)
        return [self._checked(path, _spec, symbol) for symbol in info.symbols]

    async def server_time(self) -> int:
        path = "/fapi/v1/time"
        content = await self._get(path, purpose=Purpose.PROBE)
        return self._read(path, content, _Time).server_time * NS_PER_MS

    async def klines(self, symbol: str, interval: Interval, *, limit: int, start: int | None = None) -> Bars:
        path = "/fapi/v1/klines"
        query: dict[str, str | int] = {"symbol": symbol, "interval": interval.name, "limit": limit}
        if start is not None:
            query["startTime"] = start // NS_PER_MS
        weight = next((weight for most, weight in KLINE_WEIGHTS if limit <= most), 10)
        rows = self._read(path, await self._get(path, query, weight=weight), list[_Kline])
        return self._checked(path, _bars, rows)

    async def agg_trades(self, symbol: str, *, from_id: int, limit: int = MAX_TRADES) -> Fetched:
        query: dict[str, str | int] = {"symbol": symbol, "fromId": from_id, "limit": limit}
        return await self._agg_trades(symbol, query, from_id=from_id, purpose=Purpose.BACKFILL)

    async def last_trade_id(self, symbol: str) -> int | None:
        query: dict[str, str | int] = {"symbol": symbol, "limit": NEWEST_ROWS}
        newest = await self._agg_trades(symbol, query, from_id=0, purpose=Purpose.PROBE)
        # A row that cannot be read was written for a trade all the same; one for no trade was not.
        ids = [*newest.trades.ids[-1:].tolist(), *(last for _, last in newest.unread)]
        if not ids and newest.last_id is not None:
            raise ExchangeUnreachable(f"{self._host} answered with {NEWEST_ROWS} rows for no trade")
        return max(ids, default=None)

    async def _agg_trades(
        self, symbol: str, query: dict[str, str | int], *, from_id: int, purpose: Purpose
    ) -> Fetched:
        path = "/fapi/v1/aggTrades"
        content = await self._get(path, query, weight=AGG_TRADES_WEIGHT, purpose=purpose)
        read = partial(
            read_rows,
            symbol=symbol,
            from_id=from_id,
            limit=int(query["limit"]),
            ts_recv=self._pace.wall_ns(),
            on_bad_row=partial(self._quarantine, symbol),
        )
        return self._checked(path, read, content)

    def _quarantine(self, symbol: str, reason: str, row: bytes) -> None:
        self.quarantined[symbol] += 1
        if self._on_quarantine is not None:
            self._on_quarantine("rest", reason, row)

    async def close(self) -> None:
        await self._client.aclose()

    async def _get(
        self,
        path: str,
        query: dict[str, str | int] | None = None,
        *,
        weight: int = 1,
        purpose: Purpose = Purpose.VIEW,
    ) -> bytes:
        await self.budget.spend(weight, purpose)
        try:
            answer = await self._client.get(path, params=query)
        except httpx.HTTPError as error:
            detail = str(error) or type(error).__name__
            raise ExchangeUnreachable(f"cannot reach {self._host}: {detail}") from error
        used = answer.headers.get("X-MBX-USED-WEIGHT-1m", "")
        if used.isascii() and used.isdigit() and len(used) < 10:
            self.budget.report(int(used))
        if answer.status_code >= 500:
            raise ExchangeUnreachable(f"{self._host} answered {answer.status_code}")
        if answer.status_code != 200:
            raise self._rejected(path, answer)
        return answer.content

    def _rejected(self, path: str, answer: httpx.Response) -> ExchangeRejected:
        status = answer.status_code
        retry_after_s = _seconds(answer.headers.get("Retry-After"), self._told_ns(answer))
        error = ExchangeRejected(
            f"{self._host} refused {path}: {status} {_reason(answer.text)}".rstrip(),
            status=status,
            retry_after_s=retry_after_s,
        )
        if status in ASSUMED_PAUSE_S:
            for_s = ASSUMED_PAUSE_S[status] if retry_after_s is None else retry_after_s
            if status == 429:
                self.budget.pause(for_s)
            else:
                self.budget.refuse(error, max(for_s, LEAST_BAN_S))
        return error

    def _told_ns(self, answer: httpx.Response) -> int:
        """Return what the exchange's clock showed when it answered; ours where it does not tell."""
        told = _date_ns(answer.headers.get("Date", ""))
        return self._pace.wall_ns() if told is None else told

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


def _seconds(text: str | None, told_ns: int) -> float | None:
    """Return a Retry-After, a number or a date, in seconds, no more than the longest ban; None for anything else."""
    date_ns = _date_ns(text or "")
    try:
        seconds = float(text or "") if date_ns is None else (date_ns - told_ns) / NS_PER_S
    except ValueError:
        return None
    if date_ns is None and not (math.isfinite(seconds) and seconds >= 0):
        return None
    return min(max(seconds, 0.0), LONGEST_PAUSE_S)


def _date_ns(text: str) -> int | None:
    """Return an HTTP date as ns since the epoch, None for what is none."""
    try:
        return round(parsedate_to_datetime(text).timestamp()) * NS_PER_S
    except (ValueError, OverflowError):
        return None


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
        first_ids=np.zeros(n, np.int64),
        last_ids=np.full(n, -1, np.int64),
        flags=np.zeros(n, np.uint8),
    )


def _row(row: _Kline) -> tuple[int, list[float], int]:
    """Return open time (ms), prices with both volumes, and trades; raise ValueError for anything else."""
    match row:
        case [int(ms), str(), str(), str(), str(), str(), int(), str(), int(trades), *_]:
            if 0 < ms < 9_000_000_000_000 and 0 <= trades < 2**53:
                return ms, [plain_number(str(row[i])) for i in (1, 2, 3, 4, 5, 7)], trades
    raise ValueError(f"{row!r} is no kline")
