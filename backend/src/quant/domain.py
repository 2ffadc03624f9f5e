"""The words of the field as types: symbols, intervals, pairs, trades, bars. No I/O, no wire format.

Time is int64 nanoseconds UTC. Prices and sizes are float64. `y` is leg A, `x` is leg B.
"""

import re
from collections.abc import Container
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum, IntFlag, StrEnum
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from quant.clock import NS_PER_S
from quant.errors import InvalidParameter

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
ByteArray = NDArray[np.uint8]
CodeArray = NDArray[np.int32]

_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_INTERVAL = re.compile(r"([1-9][0-9]{0,3})([smhd])")
EVENT_LETTERS = ("t", "v")
# One spelling for each: no leading zeros, none at the end of decimals, never nothing.
_EVENT_INTERVAL = re.compile(r"t([1-9][0-9]{0,6})|v((?:0|[1-9][0-9]{0,8})\.[0-9]{0,6}[1-9]|[1-9][0-9]{0,8})")
MAX_INTERVAL_S = 86400


@dataclass(frozen=True, slots=True)
class Interval:
    """A bar length that divides a UTC day, such as `1s`, `1m`, `5m`."""

    name: str
    ns: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the interval that `text` names; raise InvalidParameter otherwise."""
        match = _INTERVAL.fullmatch(text.strip())
        seconds = int(match[1]) * _UNIT_S[match[2]] if match else 0
        if not seconds or MAX_INTERVAL_S % seconds:
            raise InvalidParameter("interval", f"{text!r} is not a bar length such as 1s, 1m, 5m, 1h")
        return cls(text.strip(), seconds * NS_PER_S)

    @property
    def seconds(self) -> int:
        return self.ns // NS_PER_S

    def floor(self, ts: int) -> int:
        """Return the open time of the bar that holds `ts`."""
        return ts - ts % self.ns

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class EventInterval:
    """A bar length in trades, such as `t500`, or in units of the base asset, such as `v100` or `v0.5`."""

    name: str
    kind: Literal["trades", "volume"]
    size: int  # trade ids, or 1e-7 units

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the interval that `text` names; raise InvalidParameter otherwise."""
        match = _EVENT_INTERVAL.fullmatch(text.strip())
        if match is None:
            form = "such as t500 (trades) or v100, v0.5 (volume, up to seven decimals)"
            raise InvalidParameter("interval", f"{text[:40]!r} is not a bar of trades or volume {form}")
        trades, volume = match.groups()
        if trades:
            return cls(match[0], "trades", int(trades))
        return cls(match[0], "volume", int(Decimal(volume).scaleb(7)))

    def __str__(self) -> str:
        return self.name


def parse_interval(text: str) -> Interval | EventInterval:
    """Return the interval of either kind that `text` names; raise InvalidParameter otherwise."""
    return EventInterval.parse(text) if text.strip()[:1] in EVENT_LETTERS else Interval.parse(text)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two different symbols: `a` is the dependent leg (y), `b` the hedge leg (x)."""

    a: str
    b: str

    def __post_init__(self) -> None:
        if self.a == self.b:
            raise InvalidParameter("symbol_b", f"a pair needs two different symbols, got {self.a} twice")

    def __str__(self) -> str:
        return f"{self.a}-{self.b}"


class Quality(IntEnum):
    """How far a bar can be trusted."""

    NONE = 0  # no such bar
    COMPLETE = 1  # every trade of the bar is in it
    PARTIAL = 2  # we started listening inside it
    QUIET = 3  # the feed was alive and nothing traded; prices repeat the last close
    GAP = 4  # trades are missing
    BACKFILLED = 5  # trades that were missing have been fetched
    KLINE = 6  # taken from the exchange's own bars

    @property
    def label(self) -> str:
        return self.name.lower()


class BarFlag(IntFlag):
    """What a bar of ours is made of, whatever its quality says now."""

    CUT = 1  # we did not listen through the whole of it
    FETCHED = 2  # a trade of it was fetched, not heard


class HedgeMethod(StrEnum):
    OLS = "ols"
    HUBER = "huber"
    THEIL_SEN = "theil_sen"
    KALMAN = "kalman"
    TLS = "tls"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the method `text` names, whatever its case or dashes; raise InvalidParameter otherwise."""
        try:
            return cls(text.strip().lower().replace("-", "_").replace(" ", "_"))
        except ValueError:
            known = ", ".join(method.value for method in cls)
            raise InvalidParameter("method", f"{text[:40]!r} is not one of {known}") from None


class Scale(StrEnum):
    LEVEL = "level"
    LOG = "log"


class Side(StrEnum):
    """Who crossed the spread."""

    BUY = "buy"
    SELL = "sell"


@dataclass(frozen=True, slots=True)
class SymbolSpec:
    """What the exchange says about a symbol; `status` in its own word (TRADING, SETTLING, …)."""

    symbol: str
    base: str
    quote: str
    status: str
    tick_size: float
    step_size: float


@dataclass(frozen=True, slots=True, eq=False)
class TradeBatch:
    """Trades in arrival order as equal-length columns; `sells` is 1 where the aggressor sold.

    Row i is a trade of `names[codes[i]]`. `names` is the producer's table, each symbol once: it may hold symbols
    without a row, and a producer hands out the same tuple until it has to name another symbol.
    """

    names: tuple[str, ...]
    codes: CodeArray
    ids: IntArray
    ts_event: IntArray
    ts_recv: IntArray
    prices: FloatArray
    sizes: FloatArray
    sells: ByteArray
    counts: IntArray  # exchange trades behind each row, l - f + 1

    def __len__(self) -> int:
        return len(self.ids)

    def present(self) -> tuple[str, ...]:
        """Return the symbols that have rows, in the order of `names`."""
        rows = np.bincount(self.codes, minlength=len(self.names))
        return tuple(name for name, n in zip(self.names, rows.tolist(), strict=True) if n)

    def symbols(self) -> list[str]:
        """Return the symbol of each row."""
        return [self.names[code] for code in self.codes.tolist()]

    def at(self, rows: slice | IntArray | BoolArray) -> Self:
        """Return the rows that a slice, an index or a mask picks."""
        return type(self)(
            self.names,
            self.codes[rows],
            self.ids[rows],
            self.ts_event[rows],
            self.ts_recv[rows],
            self.prices[rows],
            self.sizes[rows],
            self.sells[rows],
            self.counts[rows],
        )

    def of(self, symbols: Container[str]) -> Self:
        """Return the rows of those symbols."""
        kept = np.array([name in symbols for name in self.names], np.bool_)
        return self.at(kept[self.codes])


@dataclass(frozen=True, slots=True)
class Quote:
    """Best bid and ask."""

    symbol: str
    ts_event: int
    bid: float
    bid_size: float
    ask: float
    ask_size: float


@dataclass(frozen=True, slots=True)
class MarkPrice:
    """What a perpetual is marked at, its index, and the funding to come; `next_funding` in ns."""

    symbol: str
    ts_event: int
    mark: float
    index: float
    funding_rate: float
    next_funding: int


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars of one symbol and interval, oldest first, as equal-length columns.

    `first_ids` and `last_ids` are the lowest and highest trade id in a bar, 0 and -1 where it has none or where it
    is not ours; `flags` holds BarFlag bits.
    """

    times: IntArray  # open time, ns
    opens: FloatArray
    highs: FloatArray
    lows: FloatArray
    closes: FloatArray
    volumes: FloatArray
    quote_volumes: FloatArray
    trades: IntArray
    qualities: ByteArray
    revisions: IntArray
    closed: BoolArray
    first_ids: IntArray
    last_ids: IntArray
    flags: ByteArray

    def __len__(self) -> int:
        return len(self.times)
