"""A live market from the exchange's wire to REST and socket: an exchange of our own, ten times as fast as life."""

from collections.abc import Iterator
from typing import Any

import pytest

from exchange import Exchange, exchange
from listening import Ear, Held, Message
from problems import problem_of
from serving import InProcess, serving
from waiting import eventually

SPEED = 10
PAIR = "pair:BTCUSDT-ETHUSDT:1s:60:ols:level"
TOPICS = (
    "status",
    "ticks:BTCUSDT",
    "bars:BTCUSDT:1s",
    "bars:ETHUSDT:1m",
    "bars:BTCUSDT:t20",
    "bars:ETHUSDT:v5",
    "quote:BTCUSDT",
    "funding:ETHUSDT",
    PAIR,
)


@pytest.fixture(scope="module")
def market() -> Iterator[Exchange]:
    with exchange(seed=21, speed=SPEED) as market:
        yield market


@pytest.fixture(scope="module")
def server(market: Exchange, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    with serving(tmp_path_factory.mktemp("live"), **market.settings, analytics_interval_ms=100) as server:
        server.client.wait_ready()
        yield server


def test_before_the_start_there_are_symbols_and_no_numbers(server: InProcess) -> None:
    api = server.client
    assert len(api.get("/symbols")["items"]) >= 30
    assert api.status()["running"] is False
    assert api.get("/data/BTCUSDT")["items"] == []

    pair = {"symbol_a": "BTCUSDT", "symbol_b": "ETHUSDT"}
    body = problem_of(api.http.get("/analytics/pair", params=pair), status=409)
    assert (body["code"], body["have"], body["need"]) == ("not_enough_data", 0, 61)
    problem_of(api.http.get("/simulation/truth"), status=404)


def test_what_does_not_trade_is_not_started(server: InProcess) -> None:
    body = problem_of(
        server.client.http.post("/stream/start", json={"symbols": ["BTCUSDT", "EOSUSDT"]}), status=422
    )
    assert "EOSUSDT" in body["detail"]
    assert "SETTLING" in body["detail"]
    assert server.client.status()["symbols"] == []


def test_history_is_there_at_once(server: InProcess) -> None:
    api = server.client
    api.post("/stream/start", symbols=["btcusdt", "ETHUSDT"])
    api.wait_state("BTCUSDT", "live")

    def look() -> Any:
        found = api.http.get(
            "/analytics/pair", params={"symbol_a": "BTCUSDT", "symbol_b": "ETHUSDT", "interval": "5m"}
        )
        return found.status_code == 200 and found.json()

    found = eventually(look, what="a window of 60 bars of 5 minutes has numbers")
    assert found["status"] == "ok"
    assert found["quality"]["kline"] >= 59
    for interval in ("1s", "1m", "5m"):
        bars = api.get("/data/BTCUSDT", interval=interval, limit=4096)["items"]
        assert len([bar for bar in bars if bar["quality"] == "kline"]) >= 1490
        times = [bar["time"] for bar in bars]
        width = {"1s": 1_000, "1m": 60_000, "5m": 300_000}[interval]
        assert times == list(range(times[0], times[-1] + width, width))


def test_merging_updates_gives_what_a_snapshot_says(server: InProcess) -> None:
    """One client merges; another asks for snapshots again and again; where their numbers meet, they agree."""
    server.client.post("/stream/start", symbols=["BTCUSDT", "ETHUSDT"])
    held = {topic: Held() for topic in TOPICS}
    merged: dict[tuple[str, int], Held] = {}
    snapshots: list[Message] = []
    with server.client.socket() as one, server.client.socket() as two:
        merging, asking = Ear(one), Ear(two)
        merging.say("subscribe", *TOPICS)
        compared: dict[str, int] = dict.fromkeys(TOPICS, 0)
        while min(compared.values()) < 3 or min(each.updates for each in held.values()) < 4:
            message = merging.hear()
            topic = message.get("topic", "")
            if topic not in held or "data" not in message:
                continue
            held[topic].take(message)
            merged[topic, message["seq"]] = held[topic].copy()
            if compared[topic] >= 3:
                continue
            asking.say("subscribe", topic)
            snapshot = asking.hear_type("snapshot", topic)
            asking.say("unsubscribe", topic)
            snapshots.append(snapshot)
            for snapshot in [each for each in snapshots if (each["topic"], each["seq"]) in merged]:
                snapshots.remove(snapshot)
                found = merged[snapshot["topic"], snapshot["seq"]]
                if found.updates:
                    assert not found.differs_from(snapshot), (snapshot["topic"], snapshot["seq"])
                    compared[snapshot["topic"]] += 1


def test_a_new_bar_brings_few_rows(server: InProcess) -> None:
    """An update carries what is new, not the whole window again."""
    server.client.post("/stream/start", symbols=["BTCUSDT", "ETHUSDT"])
    with server.client.socket() as socket:
        ear = Ear(socket)
        ear.say("subscribe", PAIR, "bars:BTCUSDT:1s", "ticks:BTCUSDT")
        for _ in range(15):
            ear.hear_type("update", PAIR)
        pairs, bars = ear.data(PAIR), ear.data("bars:BTCUSDT:1s")

    rows = sorted(len(each["data"]["series"]["time"]) for each in pairs if each["type"] == "update")
    assert rows[len(rows) // 2] <= 20
    rows = sorted(len(each["data"]["items"]) for each in bars if each["type"] == "update")
    assert rows[len(rows) // 2] <= 20


def test_bars_are_those_of_the_exchange(market: Exchange, server: InProcess) -> None:
    """Bars built from the stream equal what the exchange's own REST says of the same minutes."""
    api = server.client
    api.post("/stream/start", symbols=["BTCUSDT", "ETHUSDT"])

    def look() -> Any:
        bars = api.get("/data/ETHUSDT", interval="1s", limit=4096)["items"]
        return len([bar for bar in bars if bar["closed"] and bar["quality"] == "complete"]) >= 30 and bars

    bars = eventually(look, what="thirty whole seconds")
    assert market.started is not None
    rows = api.http.get(
        f"{market.started.rest_url}/fapi/v1/klines",
        params={"symbol": "ETHUSDT", "interval": "1s", "startTime": bars[-120]["time"], "limit": 1000},
    ).json()
    klines = {row[0]: row for row in rows}
    own = [bar for bar in bars[-120:] if bar["closed"] and bar["quality"] in ("complete", "quiet")]
    assert len(own) >= 30
    for bar in own:
        row = klines[bar["time"]]
        assert [bar["open"], bar["high"], bar["low"], bar["close"]] == [float(text) for text in row[1:5]]
        assert bar["volume"] == pytest.approx(float(row[5]), rel=1e-12, abs=1e-9)
        assert bar["trades"] == row[8]


def test_an_answer_of_the_past_is_the_one_that_was_given_then(server: InProcess) -> None:
    api = server.client
    api.post("/stream/start", symbols=["BTCUSDT", "ETHUSDT"])
    query = {"symbol_a": "BTCUSDT", "symbol_b": "ETHUSDT", "interval": "1s", "limit": 80}
    with server.client.socket() as socket:
        ear = Ear(socket)
        ear.say("subscribe", PAIR)
        first = ear.hear_type("snapshot", PAIR)["data"]["last_time"]
        then = ear.hear_until(
            lambda message: message.get("topic") == PAIR and message["data"]["last_time"] >= first + 2_000
        )["data"]
        ear.hear_until(
            lambda message: (
                message.get("topic") == PAIR and message["data"]["last_time"] >= then["last_time"] + 5_000
            )
        )
    again = api.get("/analytics/pair", **query, end=then["last_time"] + 1_000)

    assert again["last_time"] == then["last_time"]
    for name in ("first_time", "quality", "half_life", "status", "need"):
        assert again[name] == then[name], name
    for name in ("adf", "cointegration"):
        assert again[name] == then[name] | {"role": "formation"}, name
        assert then[name]["role"] == "descriptive"
    for name in ("alpha", "beta", "alpha_se", "beta_se", "spread", "mean", "sd", "zscore", "correlation"):
        assert again[name] == pytest.approx(then[name], rel=1e-9), name


def test_stop_freezes_and_start_goes_on(server: InProcess) -> None:
    api = server.client
    api.post("/stream/start", symbols=["BTCUSDT", "ETHUSDT", "SOLUSDT"])
    api.wait_state("SOLUSDT", "live")
    stopped = api.post("/stream/stop", symbols=["SOLUSDT"])
    line = next(each for each in stopped["symbols"] if each["symbol"] == "SOLUSDT")
    assert line["state"] == "stopped"

    def frozen() -> tuple[Any, ...]:
        ticks = api.get("/data/SOLUSDT/ticks", limit=1)["items"]
        return ticks[-1]["id"], api.get("/data/stats")["symbols"]

    def grew(more: int) -> bool:
        line = next(each for each in api.status()["symbols"] if each["symbol"] == "BTCUSDT")
        return bool(line["ticks"] >= more)

    last = frozen()[0]
    before = next(each for each in api.status()["symbols"] if each["symbol"] == "BTCUSDT")["ticks"]
    eventually(lambda: grew(before + 200), what="the others go on")
    assert frozen()[0] == last

    api.post("/stream/start", symbols=["SOLUSDT"])
    eventually(lambda: frozen()[0] > last, what="it goes on after the start")

    def gaps() -> Any:
        return next(each for each in api.status()["symbols"] if each["symbol"] == "SOLUSDT")["gaps"]

    def all_filled() -> bool:
        found = gaps()
        assert not found["open"], found
        return bool(found["filled"])

    eventually(all_filled, what="what was traded meanwhile has been fetched")

    everything = api.post("/stream/stop")
    assert everything["running"] is False
    assert {each["state"] for each in everything["symbols"]} == {"stopped"}
    pair = api.get("/analytics/pair", symbol_a="BTCUSDT", symbol_b="ETHUSDT")
    assert pair["signal"] == "none"
    assert "stopped" in pair["signal_reason"]


def test_no_symbols_means_the_default_set(server: InProcess) -> None:
    api = server.client
    status = api.post("/stream/start")
    started = [each["symbol"] for each in status["symbols"] if each["state"] != "stopped"]
    listed = api.get("/symbols")["items"]
    assert len(started) == 20
    assert set(started) <= {each["symbol"] for each in listed if each["status"] == "TRADING"}
    assert {each["symbol"] for each in api.get("/symbols")["items"] if each["streaming"]} == set(started)
    api.post("/stream/stop")
