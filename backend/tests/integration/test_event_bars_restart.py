"""Bars of trades and volume over a restart: those of before are there again, from what was stored."""

from pathlib import Path
from typing import Any

from exchange import exchange
from serving import Client, serving
from waiting import eventually

SYMBOL = "BTCUSDT"
INTERVALS = ("t20", "v2")
RING = 100


def closed_bars(api: Client, interval: str) -> dict[int, Any]:
    """Return the closed bars by the id of their first trade, without the count of what this server saw change."""
    items = api.get(f"/data/{SYMBOL}", interval=interval, limit=4096)["items"]
    return {bar["first_id"]: bar | {"revision": 0} for bar in items if bar["closed"]}


def filled_and_past(api: Client, last_id: int) -> bool:
    """Return whether the symbol is past an id and lacks nothing that a later fill could still put into its bars."""
    symbol = api.status()["symbols"][0]
    return symbol["last_id"] > last_id and symbol["gaps"]["open"] == 0


def test_a_restart_changes_no_bar(tmp_path: Path) -> None:
    with exchange(seed=9, speed=20) as market:
        settings = market.settings | {"tick_buffer_size": RING}
        with serving(tmp_path, **settings) as server:
            api = server.client
            api.wait_ready()
            api.post("/stream/start", symbols=[SYMBOL])
            first = api.wait_state(SYMBOL, "live")["last_id"]
            eventually(lambda: filled_and_past(api, first + 5 * RING), what="more than the ring holds")
            api.post("/stream/stop")
            before = {interval: closed_bars(api, interval) for interval in INTERVALS}
        for interval, bars in before.items():
            assert min(bars) <= first, interval  # though the ring holds only the newest
            assert len(bars) > 2
        with serving(tmp_path, **settings) as server:
            server.client.wait_ready()
            server.client.post("/stream/start", symbols=[SYMBOL])
            server.client.wait_state(SYMBOL, "live")
            for interval, bars in before.items():
                after = closed_bars(server.client, interval)
                assert {first_id: after.get(first_id) for first_id in bars} == bars
