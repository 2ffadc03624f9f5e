"""Both connections fall silent without a word, at the pace of life: no bar is made of silence that nobody explains."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from exchange import Exchange, exchange
from serving import Client, InProcess, serving
from waiting import eventually

BTC = "BTCUSDT"


@pytest.fixture
def market() -> Iterator[Exchange]:
    with exchange(seed=36) as market:
        yield market


@pytest.fixture
def server(market: Exchange, tmp_path: Any) -> Iterator[InProcess]:
    with serving(tmp_path, **market.settings) as server:
        server.client.wait_ready()
        yield server


def closed(api: Client) -> dict[int, str]:
    """Return the quality of each closed second by its open time."""
    bars = api.get(f"/data/{BTC}", interval="1s", limit=4096)["items"]
    return {bar["time"]: bar["quality"] for bar in bars if bar["closed"]}


def test_a_busy_symbol_whose_connections_are_half_open_closes_no_bars(
    market: Exchange, server: InProcess
) -> None:
    api = server.client
    api.post("/stream/start", symbols=[BTC])
    api.wait_state(BTC, "live")
    eventually(lambda: list(closed(api).values()).count("complete") >= 3, what="its usual rate is known")
    assert market.started is not None
    faults = f"{market.started.rest_url}/simulation/faults"
    for connection in range(3):  # trades twice, and quotes
        assert api.http.post(faults, json={"kind": "black_hole", "connection": connection}).status_code == 201

    seen: dict[int, set[str]] = defaultdict(set)

    def state() -> Any:
        """Return where the symbol stands, and keep what its bars said until then."""
        (line,) = api.status()["symbols"]
        for time, quality in closed(api).items():
            seen[time].add(quality)
        return line

    silent = eventually(lambda: (line := state())["state"] == "stale" and line, what="it is stale")
    assert "nothing arrived for" in silent["reason"]
    eventually(lambda: state()["state"] in ("live", "gap"), what="new connections bring trades")
    eventually(lambda: state()["gaps"]["open"] == 0 and state()["state"] == "live", what="nothing is missing")

    ticks = api.get(f"/data/{BTC}/ticks", limit=10_000)["items"]
    fetched = {time for time, qualities in seen.items() if "backfilled" in qualities}
    assert len(fetched) > 5
    assert {tick["time"] // 1000 * 1000 for tick in ticks} >= fetched
    assert not [time for time in fetched if "quiet" in seen[time]]
    # Of the first one so little may lack that its end fell into a silence as there are many.
    assert not [time for time in fetched if "complete" in seen[time] and time > min(fetched)]
