"""One source after another, and over restarts: what belongs to one market never shows in another."""

import os
import signal
from decimal import Decimal
from pathlib import Path
from typing import Any

from listening import Ear
from problems import problem_of
from quant.api import schemas
from quant.simulator import SimMarket
from recorded import made_trades, write_recording
from serving import Client, ServerProcess, free_port, is_running, server_process, serving
from waiting import eventually

SYMBOLS = ["BTCUSDT", "ETHUSDT"]
PAIR = {"symbol_a": "BTCUSDT", "symbol_b": "ETHUSDT"}
TOPICS = ("status", "ticks:BTCUSDT", "bars:BTCUSDT:1s", "pair:BTCUSDT-ETHUSDT:1m:60:ols:level")
PROMPT_S = 15.0  # a bound on a busy machine; it takes a fraction of a second


def answered_markets(api: Client) -> set[str]:
    """Return the markets that answers about data name; a pair may not have its numbers yet."""
    paths = ["/stream/status", "/symbols", "/data/stats", "/config"]
    paths += [f"/data/{symbol}{rest}" for symbol in SYMBOLS for rest in ("", "/ticks", "/gaps")]
    found = {api.get(path)["market"] for path in paths}
    pair = api.http.get("/analytics/pair", params=PAIR)
    return found | ({pair.json()["market"]} if pair.status_code == 200 else set())


def shown_markets(api: Client) -> set[str]:
    """Return the markets that answers about data name, the pair's with them."""
    return answered_markets(api) | {api.get("/analytics/pair", **PAIR)["market"]}


def has_numbers(api: Client) -> bool:
    return api.http.get("/analytics/pair", params=PAIR).status_code == 200


def check_truth(api: Client, seed: int) -> None:
    """Hold every trade of the buffer against the market of this seed."""
    market = SimMarket(seed)
    for symbol in SYMBOLS:
        spec = next(each for each in market.symbols if each.symbol == symbol)
        tick, step = Decimal(str(spec.tick_size)), Decimal(str(spec.step_size))
        served = api.get(f"/data/{symbol}/ticks", limit=10_000)["items"]
        assert served
        first, end = served[0], served[-1]
        true = market.trades_from_id(
            symbol, first["id"], limit=20_000, until_ns=(end["time"] + 1_000) * 1_000_000
        )
        rows = {
            int(trade_id): (int(time), float(tick * int(price)), float(step * int(size)))
            for trade_id, time, price, size in zip(
                true.ids, true.times_ms, true.price_ticks, true.size_steps, strict=True
            )
        }
        for row in served:
            assert rows[row["id"]] == (row["time"], row["price"], row["size"])


def test_a_desk_without_a_route(tmp_path: Path) -> None:
    """No Binance; one click to a simulated market, another one; killed; the next start goes on there."""
    closed = free_port()
    with server_process(
        tmp_path,
        SOURCE="binance",
        BINANCE_WS_URL=f"ws://127.0.0.1:{closed}",
        BINANCE_REST_URL=f"http://127.0.0.1:{closed}",
    ) as server:
        api = server.client
        check_unreachable(api)

        status = api.post("/stream/start", source="sim:7", symbols=SYMBOLS)
        assert (status["market"], status["source"], status["running"]) == ("sim-7", "sim:7", True)
        for symbol in SYMBOLS:
            api.wait_state(symbol, "live")
        truth = schemas.SimulationTruth.model_validate(api.get("/simulation/truth"))
        assert (truth.market, truth.seed) == ("sim-7", 7)
        assert {pair.kind for pair in truth.pairs} == {"cointegrated", "correlated", "independent"}

        (child,) = server.children()
        assert api.post("/stream/start", source="binance")["market"] == "binance-um"
        assert api.status()["symbols"] == []
        eventually(lambda: not is_running(child), what="the exchange of the market before is gone")
        check_unreachable(api)

        api.post("/stream/start", source="sim:8", symbols=[*SYMBOLS, "SOLUSDT"])
        api.post("/stream/stop", symbols=["SOLUSDT"])
        (child,) = server.children()
        server.end(signal.SIGKILL)
        eventually(lambda: not is_running(child), what="no exchange is left behind")

    with server_process(tmp_path) as server:  # SOURCE is not set: the last choice holds
        api = server.client
        for symbol in SYMBOLS:
            api.wait_state(symbol, "live")
        assert {line["symbol"] for line in api.status()["symbols"]} == set(SYMBOLS)
        eventually(lambda: has_numbers(api), what="numbers")
        assert shown_markets(api) == {"sim-8"}
        check_truth(api, 8)

        check_switch(api, "sim:7", before="sim-8", after="sim-7")
        eventually(lambda: has_numbers(api), what="numbers of the other market")
        assert shown_markets(api) == {"sim-7"}
        assert {line["symbol"] for line in api.status()["symbols"]} == set(SYMBOLS)
        check_truth(api, 7)

        check_revival(server)
        (child,) = server.children()
        assert server.end(signal.SIGTERM, within_s=PROMPT_S) == 0
        assert not is_running(child)


def check_unreachable(api: Client) -> None:
    said = eventually(
        lambda: api.status()["source_state"] == "unreachable" and api.status()["reason"],
        what="it says that the exchange cannot be reached",
    )
    assert "127.0.0.1" in said
    assert "trying again" in said
    assert api.get("/livez")["status"] == "ok"
    ready = api.http.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, "degraded")
    assert "127.0.0.1" in ready.json()["reason"]
    assert "127.0.0.1" in problem_of(api.http.post("/stream/start"), status=503)["detail"]
    problem_of(api.http.get("/data/BTCUSDT"), status=503)
    problem_of(api.http.get("/simulation/truth"), status=404)
    assert any(source.startswith("sim") for source in api.get("/config")["sources"])


def check_switch(api: Client, source: str, *, before: str, after: str) -> None:
    """Switch under a listening client: topic by topic, the old market ends where the new one begins."""
    with api.socket() as socket:
        ear = Ear(socket)
        ear.say("subscribe", *TOPICS)
        for topic in TOPICS:
            ear.hear_until(lambda _, topic=topic: bool(ear.data(topic)))
        api.post("/stream/start", source=source)
        assert answered_markets(api) == {after}  # at once, with a client on the topics of the market before
        for topic in TOPICS:
            ear.hear_until(lambda _, topic=topic: has_content(ear.data(topic)[-1], after))
    for topic in TOPICS:
        heard = ear.data(topic)
        markets = [each["data"]["market"] for each in heard]
        first = markets.index(after)
        assert set(markets[:first]) == {before}
        assert set(markets[first:]) == {after}
        if topic != "status":
            assert heard[first]["type"] == "snapshot"
        seqs = [each["seq"] for each in heard]
        assert seqs == sorted(set(seqs))


def check_revival(server: ServerProcess) -> None:
    """Kill the exchange under the running server: it says so, comes back by itself, and knows what it missed."""
    api = server.client
    (child,) = server.children()
    last_id = api.wait_state("BTCUSDT", "live")["last_id"]
    os.kill(child, signal.SIGKILL)

    def said() -> Any:
        status = api.status()
        assert status["source_state"] == "unreachable"
        assert all(line["state"] not in ("live", "quiet") for line in status["symbols"])
        assert all(connection["state"] != "open" for connection in status["connections"])
        return status["reason"]

    assert "exchange ended" in eventually(said, what="the status says that the exchange is gone")
    assert api.http.get("/readyz").status_code == 503
    line = api.wait_state("BTCUSDT", "live", "gap")
    assert line["last_id"] > last_id
    hole = eventually(lambda: api.get("/data/BTCUSDT/gaps")["items"], what="the hole is listed")[-1]
    assert hole["first_id"] >= last_id
    check_truth(api, 7)


def has_content(message: Any, market: str) -> bool:
    data = message["data"]
    filled = data.get("items") or data.get("symbols") or data.get("series", {}).get("time")
    return data["market"] == market and bool(filled)


def test_a_recording_and_a_simulation_do_not_meet(tmp_path: Path) -> None:
    trades = [
        trade
        for trade in made_trades(seed=3, minutes=90, start_ms=1_750_000_000_000)
        if trade.symbol != "CCCUSDT"
    ]
    # The recording's symbols bear the names of the simulated ones: only the market tells them apart.
    names = {"AAAUSDT": "BTCUSDT", "BBBUSDT": "ETHUSDT"}
    renamed = [type(each)(**{**vars(each), "symbol": names[each.symbol]}) for each in trades]
    file = write_recording(tmp_path / "made.gz", renamed)
    with serving(tmp_path / "data", source=f"replay:{file}", speed=0, available_symbols="BNBUSDT") as server:
        api = server.client
        replayed = api.wait_finished()
        before = {path: api.get(path) for path in ("/data/BTCUSDT", "/data/BTCUSDT/ticks", "/data/stats")}
        assert shown_markets(api) == {replayed["market"]}
        other = problem_of(api.http.post("/stream/start", json={"source": "replay:/etc/passwd"}), status=422)
        assert other["parameter"] == "source"
        assert api.status()["market"] == replayed["market"]

        api.post("/stream/start", source="sim:9", symbols=SYMBOLS)
        for symbol in SYMBOLS:
            api.wait_state(symbol, "live")
        eventually(lambda: has_numbers(api), what="numbers")
        market = api.status()["market"]
        assert market.startswith("sim-9")
        assert shown_markets(api) == {market}
        newest = max(trade.time_ms for trade in renamed)
        for symbol in SYMBOLS:
            assert all(row["time"] > newest for row in api.get(f"/data/{symbol}/ticks")["items"])
            assert all(bar["time"] > newest for bar in api.get(f"/data/{symbol}", limit=4096)["items"])

        api.post("/stream/start", source=f"replay:{file}")
        api.wait_finished()
        assert shown_markets(api) == {replayed["market"]}
        for path, answer in before.items():
            again = api.get(path)
            assert {**again, "seq": 0} == {**answer, "seq": 0}, path


def test_a_signal_ends_a_server_that_is_starting_or_playing(tmp_path: Path) -> None:
    with server_process(tmp_path / "sim", SOURCE="sim:7") as server:
        assert server.client.status()["source_state"] in ("starting", "ready")
        children = eventually(server.children, what="the exchange is being started")
        assert server.end(signal.SIGTERM, within_s=PROMPT_S) == 0
        assert not any(is_running(child) for child in children)
    file = write_recording(tmp_path / "made.gz", made_trades(seed=3, minutes=60, start_ms=1_750_000_000_000))
    with server_process(tmp_path / "replay", "--source", f"replay:{file}", "--speed", "1") as server:
        eventually(lambda: server.client.status()["running"], what="it plays")
        with server.client.socket() as socket:
            Ear(socket).say("subscribe", "status")
            assert server.end(signal.SIGINT, within_s=PROMPT_S) == 0
