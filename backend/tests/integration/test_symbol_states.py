"""Stalled, quiet and halted are told apart, by the whole server beside an exchange with faults."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from exchange import Exchange, exchange
from listening import Ear
from quant.engine import markets
from quant.storage.journal import Journal
from quant.storage.store import JOURNAL_NAME
from serving import Client, InProcess, serving
from stored_trades import MARKET, batch
from waiting import eventually

SPEED = 10
FOR_LONG_S = 3600 * SPEED
"""A silence lasts until it has been noticed, however slow the machine; then it is ended."""
ETH_TRADES = "ethusdt@aggTrade"


@pytest.fixture
def market() -> Iterator[Exchange]:
    with exchange(seed=34, speed=SPEED) as market:
        yield market


@pytest.fixture
def server(market: Exchange, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    monkeypatch.setattr(markets, "SPECS_WHEN_SILENT_S", 0.5)
    with serving(tmp_path, **market.settings) as server:
        server.client.wait_ready()
        yield server


def strike(api: Client, market: Exchange, **fault: object) -> str:
    """Begin a fault; return its address."""
    assert market.started is not None
    faults = f"{market.started.rest_url}/simulation/faults"
    answer = api.http.post(faults, json=fault)
    assert answer.status_code == 201, answer.text
    return f"{faults}/{answer.json()['number']}"


def end(api: Client, fault: str) -> None:
    answer = api.http.delete(fault)
    assert answer.status_code == 200, answer.text


def line(api: Client, symbol: str) -> Any:
    return next(each for each in api.status()["symbols"] if each["symbol"] == symbol)


def test_a_stalled_stream_is_stale_and_fetched_meanwhile(market: Exchange, server: InProcess) -> None:
    api = server.client
    api.post("/stream/start", symbols=["BTCUSDT", "ETHUSDT"])
    for symbol in ("BTCUSDT", "ETHUSDT"):
        api.wait_state(symbol, "live")

    silence = strike(api, market, kind="stream_silent", stream=ETH_TRADES, duration_s=FOR_LONG_S)
    stalled = api.wait_state("ETHUSDT", "stale")
    assert "nothing arrived for" in stalled["reason"]
    last_id = stalled["last_id"]
    eventually(lambda: line(api, "ETHUSDT")["last_id"] > last_id, what="REST brings what the stream does not")
    assert line(api, "BTCUSDT")["state"] == "live"
    end(api, silence)
    api.wait_state("ETHUSDT", "live")
    eventually(lambda: line(api, "ETHUSDT")["gaps"]["open"] == 0, what="nothing is missing")


def test_a_halt_is_quiet_and_a_settled_symbol_halted(market: Exchange, server: InProcess) -> None:
    api = server.client
    api.post("/stream/start", symbols=["BTCUSDT", "ETHUSDT", "SOLUSDT"])
    for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT"):
        api.wait_state(symbol, "live")

    strike(api, market, kind="halt", symbol="SOLUSDT", duration_s=3600)
    strike(api, market, kind="settle", symbol="ETHUSDT")
    settled = api.wait_state("ETHUSDT", "halted")
    assert settled["reason"] == "the exchange lists it as SETTLING"
    quiet = api.wait_state("SOLUSDT", "quiet")
    assert "the exchange has none either" in quiet["reason"]
    assert line(api, "BTCUSDT")["state"] == "live"


@pytest.mark.parametrize(
    ("kind", "stream"), [("quote", "ethusdt@bookTicker"), ("funding", "ethusdt@markPrice@1s")]
)
def test_a_quote_that_has_stopped_is_not_shown_as_the_newest(
    market: Exchange, server: InProcess, kind: str, stream: str
) -> None:
    api = server.client

    def stale(symbol: str) -> Any:
        answer = api.get(f"/data/{symbol}/{kind}")
        assert answer["stale"] == (answer["stale_reason"] is not None)
        return answer["stale_reason"]

    api.post("/stream/start", symbols=["BTCUSDT", "ETHUSDT"])
    for symbol in ("BTCUSDT", "ETHUSDT"):
        held = f"/data/{symbol}/{kind}"
        eventually(lambda held=held: len(api.get(held)["items"]) > 20, what=f"{symbol}'s usual rate is known")
        assert stale(symbol) is None
    with api.socket() as socket:
        ear = Ear(socket)
        ear.say("subscribe", f"{kind}:ETHUSDT")
        silence = strike(api, market, kind="stream_silent", stream=stream, duration_s=FOR_LONG_S)
        told = ear.hear_until(lambda each: each.get("data", {}).get("stale"))
        assert "silent" in told["data"]["stale_reason"]
        assert told["data"]["latest"] is not None
        assert "silent" in stale("ETHUSDT")
        assert stale("BTCUSDT") is None
        end(api, silence)
        ear.hear_until(lambda each: each.get("data", {}).get("stale") is False)
    api.post("/stream/stop", symbols=["ETHUSDT"])
    assert stale("ETHUSDT") == "not streaming"
    assert stale("BTCUSDT") is None


def test_an_exchange_whose_ids_begin_anew_is_told_from_the_one_that_is_stored(
    market: Exchange, tmp_path: Any
) -> None:
    """A test network under the settings of the real one: its trades are no duplicates, and no bar is made of them."""
    far = 10**12
    journal = Journal(tmp_path / JOURNAL_NAME)
    journal.open()
    journal.append(MARKET, replace(batch([0]), ids=np.array([far])))
    assert journal.close()
    with serving(tmp_path, **market.settings) as server:
        api = server.client
        api.post("/stream/start", symbols=["BTCUSDT", "ETHUSDT"])
        api.wait_state("ETHUSDT", "live")
        foreign = api.wait_state("BTCUSDT", "stale")
        assert f"up to {far} are stored" in foreign["reason"]
        assert "another DATA_DIR" in foreign["reason"]
        bars = api.get("/data/BTCUSDT", interval="1s", limit=100)["items"]
        assert not [each for each in bars if each["quality"] == "quiet"]
