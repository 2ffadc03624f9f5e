"""The bars a server shows, for tests that compute from them what it should say of a pair."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from serving import Client

WINDOW = 60
PAIR = {"symbol_a": "AAAUSDT", "symbol_b": "BBBUSDT"}
MINUTE_MS = 60_000

Prices = NDArray[np.float64]


def closed_bars(api: Client, symbol: str, interval: str = "1m") -> dict[int, dict[str, Any]]:
    items = api.get(f"/data/{symbol}", interval=interval, limit=4096)["items"]
    return {bar["time"]: bar for bar in items if bar["closed"]}


def legs(api: Client, interval: str = "1m", *, scale: str = "level") -> tuple[list[int], Prices, Prices]:
    a, b = closed_bars(api, "AAAUSDT", interval), closed_bars(api, "BBBUSDT", interval)
    times = sorted(a.keys() & b.keys())
    y, x = (np.array([leg[time]["close"] for time in times]) for leg in (a, b))
    return (times, np.log(y), np.log(x)) if scale == "log" else (times, y, x)


def close(value: float) -> Any:
    return pytest.approx(value, rel=1e-8, abs=1e-10)
