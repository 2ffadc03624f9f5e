"""The exchange's own record of what it traded, asked for over HTTP as any outsider can."""

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
import numpy as np

from quant.clock import NS_PER_MS
from quant.domain import ByteArray, FloatArray, IntArray
from waiting import eventually

PAGE = 1000
BEFORE_MS = 300_000
"""How long before its start the exchange is asked about: what a client could have heard of."""


@dataclass(frozen=True, slots=True)
class Trades:
    """Aggregate trades by rising id, as REST tells them; times in ns."""

    ids: IntArray
    times: IntArray
    prices: FloatArray
    sizes: FloatArray
    sells: ByteArray
    counts: IntArray


@dataclass(frozen=True, slots=True)
class Issued:
    """The ids that exist are `first` up to but not `stop`; the exchange denies `denied` of them."""

    first: int
    stop: int
    denied: IntArray

    @property
    def last_given(self) -> int:
        """Return the newest id that the exchange gives to who asks."""
        newest = self.stop - 1
        for denied in self.denied[::-1].tolist():
            if denied != newest:
                break
            newest -= 1
        return newest


class Record:
    """Asks one exchange; from an address of its own, so that the platform's budget is not touched."""

    def __init__(self, rest_url: str, *, origin_ms: int) -> None:
        transport = httpx.HTTPTransport(local_address="127.0.0.2")
        self._client = httpx.Client(base_url=rest_url, transport=transport, timeout=60.0)
        self._start_ms = origin_ms - BEFORE_MS

    def issued(self, symbol: str) -> Issued:
        """Return the symbol's ids up to now."""
        answer = self._get("/simulation/ids", symbol=symbol, startTime=self._start_ms)
        runs = [np.arange(first, last + 1, dtype=np.int64) for first, last in answer["denied"]]
        denied = np.concatenate([np.empty(0, np.int64), *runs])
        return Issued(answer["first"], answer["stop"], denied)

    def trades(self, symbol: str, *, first: int, stop: int) -> Trades:
        """Return the trades with first ≤ id < stop that the exchange gives to who asks; none once delisted."""
        rows: list[dict[str, Any]] = []
        listed = {each["symbol"] for each in self._get("/fapi/v1/exchangeInfo")["symbols"]}
        while first < stop and symbol in listed:
            page = self._get("/fapi/v1/aggTrades", symbol=symbol, fromId=first, limit=min(PAGE, stop - first))
            rows += [row for row in page if row["a"] < stop]
            if not page:
                break
            first = page[-1]["a"] + 1
        return Trades(
            np.array([row["a"] for row in rows], np.int64),
            np.array([row["T"] for row in rows], np.int64) * NS_PER_MS,
            np.array([float(row["p"]) for row in rows], np.float64),
            np.array([float(row["q"]) for row in rows], np.float64),
            np.array([row["m"] for row in rows], np.uint8),
            np.array([row["l"] - row["f"] + 1 for row in rows], np.int64),
        )

    def _get(self, path: str, **query: object) -> Any:  # JSON of any shape
        parameters = {name: str(value) for name, value in query.items()}
        answer = self._client.get(path, params=parameters)
        if answer.status_code == 429:  # a budget of our own, back with the market's next minute
            answer = eventually(lambda: self._within_budget(path, parameters), what="a budget for REST")
        assert answer.status_code == 200, f"{path} {query}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def _within_budget(self, path: str, parameters: dict[str, str]) -> httpx.Response:
        answer = self._client.get(path, params=parameters)
        assert answer.status_code != 429
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
