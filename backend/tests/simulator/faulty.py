"""What the tests of faults share: plans in short, a client that keeps what it hears, and the plain truth."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection

from quant.simulator import FaultPlan, SimMarket
from simulator.harness import PATIENCE_S, START_MS, Exchange

PLAIN = SimMarket(7)
AIMED, OTHER, WITNESS = "ethusdt@aggTrade", "btcusdt@aggTrade", "xrpusdt@markPrice@1s"
PATH = f"/market/stream?streams={AIMED}/{OTHER}/{WITNESS}"


def plan(*faults: dict[str, object], seed: int = 5) -> FaultPlan:
    return FaultPlan.parse(json.dumps({"seed": seed, "faults": faults}))


def plain_ids(symbol: str, start_s: float, end_s: float, *, by_publication: bool = True) -> list[int]:
    """Return the ids that a healthy exchange publishes from `start_s` up to `end_s`."""
    start, end = START_MS + round(1000 * start_s), START_MS + round(1000 * end_s)
    trades = PLAIN.instrument(symbol).trades(start - 1000, end)
    at = trades.published_ms if by_publication else trades.times_ms
    ids: list[int] = trades.ids[(at >= start) & (at < end)].tolist()
    return ids


@dataclass(frozen=True)
class Heard:
    """One message as it came: text or bytes, and what it says if it says anything."""

    raw: str | bytes
    stream: str
    data: dict[str, Any]

    @property
    def at_s(self) -> float:
        return (self.data["E"] - START_MS) / 1000


def read(raw: str | bytes) -> Heard:
    try:
        message = json.loads(raw)
        return Heard(raw, message["stream"], message["data"])
    except (ValueError, TypeError, KeyError):
        return Heard(raw, "", {})


async def subscribed(ws: ClientConnection) -> None:
    """Return once the exchange has taken the connection's streams."""
    await ws.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')
    while "result" not in json.loads(await asyncio.wait_for(ws.recv(), PATIENCE_S)):
        pass


async def hear(
    exchange: Exchange, ws: ClientConnection, seconds: float, *, decode: bool | None = None
) -> list[Heard]:
    """Let market time pass and return all that came up to the last whole second, the witness being the last."""
    now_ms = exchange.clock.wall_ns() // 1_000_000
    exchange.clock.advance(seconds)
    until = now_ms + round(1000 * seconds) - 1000
    heard: list[Heard] = []
    while not (heard and heard[-1].stream == WITNESS and heard[-1].data["E"] > until):
        heard.append(read(await asyncio.wait_for(ws.recv(decode=decode), PATIENCE_S)))
    return heard


def ids(heard: list[Heard], stream: str) -> list[int]:
    return [item.data["a"] for item in heard if item.stream == stream]


def complete(heard: list[Heard], stream: str) -> bool:
    """Return whether a stream has every id, once and in order, up to the last message."""
    found = ids(heard, stream)
    symbol = stream.partition("@")[0].upper()
    return found == plain_ids(symbol, 0, 1e-3 + heard[-1].at_s)[-len(found) :] and len(found) > 10
