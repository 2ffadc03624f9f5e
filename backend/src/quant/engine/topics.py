"""The names of WebSocket topics."""

from dataclasses import dataclass
from typing import Literal

from quant.domain import HedgeMethod, Pair, Scale
from quant.engine.protocol import PairKey
from quant.errors import InvalidInput, InvalidParameter

STATUS = "status"
ALERTS = "alerts"
GRAMMAR = (
    "status, alerts, ticks:SYMBOL, bars:SYMBOL:INTERVAL, quote:SYMBOL, funding:SYMBOL, "
    "pair:A-B:INTERVAL:WINDOW:METHOD:SCALE or matrix:INTERVAL:WINDOW"
)

SecondsKind = Literal["quote", "funding"]


@dataclass(frozen=True, slots=True)
class TicksTopic:
    symbol: str


@dataclass(frozen=True, slots=True)
class BarsTopic:
    symbol: str
    interval: str


@dataclass(frozen=True, slots=True)
class SecondsTopic:
    """Quotes or mark prices of one symbol, by the second."""

    kind: SecondsKind
    symbol: str


@dataclass(frozen=True, slots=True)
class StatusTopic:
    pass


@dataclass(frozen=True, slots=True)
class AlertsTopic:
    """Every change of an alert event: firing, end and acknowledgement."""


@dataclass(frozen=True, slots=True)
class MatrixTopic:
    """All pairs of all streaming symbols, on log prices, over the newest `window` closed bars."""

    interval: str
    window: int


Topic = StatusTopic | AlertsTopic | TicksTopic | BarsTopic | SecondsTopic | PairKey | MatrixTopic


def parse_topic(text: str) -> Topic:
    """Return what `text` names; raise InvalidParameter when it names nothing."""
    match text.split(":"):
        case ["status"]:
            return StatusTopic()
        case ["alerts"]:
            return AlertsTopic()
        case ["ticks", symbol] if symbol:
            return TicksTopic(symbol)
        case ["bars", symbol, interval] if symbol:
            return BarsTopic(symbol, interval)
        case ["quote" | "funding" as kind, symbol] if symbol:
            return SecondsTopic(kind, symbol)
        case ["pair", legs, interval, window, method, scale] if legs.count("-") == 1:
            return _pair_key(legs, interval, window, method, scale)
        case ["matrix", interval, window]:
            return MatrixTopic(interval, _bars(window))
    raise InvalidParameter("topic", f"{text[:100]!r} is not a topic; there are {GRAMMAR}")


def _pair_key(legs: str, interval: str, window: str, method: str, scale: str) -> PairKey:
    a, b = legs.split("-")
    bars = _bars(window)
    try:
        scaled = Scale(scale)
    except ValueError:
        raise InvalidParameter("scale", f"{scale[:20]!r} is not level or log") from None
    return PairKey(Pair(a, b), interval, bars, HedgeMethod.parse(method), scaled)


def _bars(window: str) -> int:
    if not (window.isascii() and window.isdigit() and len(window) < 10):
        raise InvalidParameter("window", f"{window[:20]!r} is not a number of bars")
    return int(window)


def topic_name(topic: Topic) -> str:
    """Return the text that `parse_topic` reads."""
    match topic:
        case StatusTopic():
            return STATUS
        case AlertsTopic():
            return ALERTS
        case TicksTopic(symbol):
            return f"ticks:{symbol}"
        case BarsTopic(symbol, interval):
            return f"bars:{symbol}:{interval}"
        case SecondsTopic(kind, symbol):
            return f"{kind}:{symbol}"
        case PairKey():
            return f"pair:{topic}"
        case MatrixTopic(interval, window):
            return f"matrix:{interval}:{window}"
    raise InvalidInput(f"{topic!r} is not a topic")
