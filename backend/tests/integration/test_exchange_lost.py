"""The exchange goes away under a running server and comes back: holes, gap bars, repair."""

from collections.abc import Iterator
from typing import Any

import pytest

import quant.engine.backfill as engine_backfill
import quant.engine.running as engine_running
from exchange import Exchange, exchange
from serving import Client, InProcess, serving
from waiting import eventually

SPEED = 4


@pytest.fixture
def market() -> Iterator[Exchange]:
    with exchange(seed=33, speed=SPEED) as market:
        yield market


@pytest.fixture
def server(market: Exchange, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    monkeypatch.setattr(engine_running, "HISTORY_EVERY_S", 0.5)
    with serving(tmp_path, **market.settings) as server:
        server.client.wait_ready()
        yield server


def seconds(api: Client) -> dict[int, dict[str, Any]]:
    bars = api.get("/data/BTCUSDT", interval="1s", limit=4096)["items"]
    return {bar["time"]: bar for bar in bars}


def test_an_outage_is_told_listed_and_repaired(market: Exchange, server: InProcess) -> None:
    api = server.client
    api.post("/stream/start", symbols=["BTCUSDT", "ETHUSDT"])
    api.wait_state("BTCUSDT", "live")
    eventually(
        lambda: [bar for bar in seconds(api).values() if bar["quality"] == "complete" and bar["closed"]],
        what="a bar of our own",
    )
    pair = {"symbol_a": "BTCUSDT", "symbol_b": "ETHUSDT", "interval": "5m"}
    eventually(lambda: api.http.get("/analytics/pair", params=pair).status_code == 200, what="history")
    market.stop()

    def lost() -> Any:
        status = api.status()
        assert status["source_state"] == "unreachable"
        assert {line["state"] for line in status["symbols"]} == {"stale"}
        assert all(line["reason"] for line in status["symbols"])
        return status

    status = eventually(lost, what="the status says so")
    assert "trying again" in status["reason"]
    assert status["running"] is True
    last_id = next(line["last_id"] for line in status["symbols"] if line["symbol"] == "BTCUSDT")
    last_time = status["as_of"]
    signal = api.get("/analytics/pair", **pair)
    assert signal["signal"] == "none"
    assert "stale" in signal["signal_reason"]
    eventually(
        lambda: market.clock.wall_ns() // 1_000_000 > last_time + 6_000, what="a few seconds have passed"
    )

    market.start()

    def filled() -> Any:
        line = next(line for line in api.status()["symbols"] if line["symbol"] == "BTCUSDT")
        assert (line["gaps"]["open"], line["gaps"]["filled"]) == (0, 1)
        return line

    line = eventually(filled, what="what was missed has been fetched")
    assert line["last_id"] > last_id + 1
    (hole,) = api.get("/data/BTCUSDT/gaps")["items"]
    assert (hole["first_id"], hole["state"]) == (last_id + 1, "filled")
    ticks = api.get("/data/BTCUSDT/ticks", limit=10_000)["items"]
    ids = [tick["id"] for tick in ticks]
    assert ids == list(range(ids[0], ids[-1] + 1))
    first_new = next(tick for tick in ticks if tick["id"] > hole["last_id"])

    outage = range(last_time // 1_000 * 1_000 + 1_000, first_new["time"] // 1_000 * 1_000, 1_000)
    assert len(outage) >= 5
    bars = [seconds(api)[time] for time in outage]
    assert {bar["quality"] for bar in bars} <= {"backfilled", "quiet"}
    assert "backfilled" in {bar["quality"] for bar in bars}
    assert all(bar["revision"] > 0 for bar in bars if bar["quality"] == "backfilled")
    assert market.started is not None
    rows = api.http.get(
        f"{market.started.rest_url}/fapi/v1/klines",
        params={"symbol": "BTCUSDT", "interval": "1s", "startTime": outage[0], "limit": len(outage)},
    ).json()
    for bar, row in zip(bars, rows, strict=True):
        assert [bar["time"], bar["close"], bar["trades"]] == [row[0], float(row[4]), row[8]]
    everything = sorted(time for time, bar in seconds(api).items() if bar["closed"])
    assert everything == list(range(everything[0], everything[-1] + 1_000, 1_000))


def test_until_repaired_an_outage_is_a_gap_without_prices(
    market: Exchange, server: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = server.client
    api.post("/stream/start", symbols=["BTCUSDT"])
    api.wait_state("BTCUSDT", "live")
    eventually(
        lambda: len([bar for bar in seconds(api).values() if bar["quality"] == "complete"]) >= 3,
        what="bars of our own",
    )
    # The looks that fall into the outage find nobody, and are the last ones.
    monkeypatch.setattr(engine_running, "HISTORY_EVERY_S", 3600.0)
    monkeypatch.setattr(engine_backfill, "LOOK_EVERY_S", 3600.0)
    last_time = api.status()["as_of"]
    market.stop()
    eventually(
        lambda: market.clock.wall_ns() // 1_000_000 > last_time + 6_000, what="a few seconds have passed"
    )
    market.start()
    api.wait_state("BTCUSDT", "gap")

    bars = [bar for bar in seconds(api).values() if bar["quality"] == "gap"]
    assert len(bars) >= 5
    inner = [bar for bar in bars if bar["trades"] == 0]
    assert inner
    assert all(bar["close"] is None and bar["volume"] == 0 for bar in inner)


def test_a_server_without_exchange_finds_it_when_it_comes(market: Exchange, tmp_path: Any) -> None:
    market.stop()
    with serving(tmp_path, **market.settings) as server:
        api = server.client
        eventually(lambda: api.status()["source_state"] == "unreachable", what="it says so")
        market.start()
        api.wait_ready()
        api.post("/stream/start", symbols=["ETHUSDT"])
        api.wait_state("ETHUSDT", "live")
        assert api.status()["reason"] is None
