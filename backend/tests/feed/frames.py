"""Frames as Binance sends them, and what can be done to them."""

import json
from typing import Any

TRADE: dict[str, Any] = {
    "e": "aggTrade",
    "E": 1740830400123,
    "s": "BTCUSDT",
    "a": 26129,
    "p": "84250.10",
    "q": "0.250",
    "f": 100,
    "l": 102,
    "T": 1740830400100,
    "m": True,
}


def agg_trade(**changes: Any) -> dict[str, Any]:
    """Return an aggTrade payload; a change to None leaves the field out."""
    return {name: value for name, value in (TRADE | changes).items() if value is not None}


def combined(data: object, stream: str = "btcusdt@aggTrade") -> bytes:
    return json.dumps({"stream": stream, "data": data}, separators=(",", ":")).encode()


def raw(data: object) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode()
