"""A recording behind a real server, paused and moved about in: a moment looks as it did when it was first played.

How it has to look is told by another recording, cut off at the moment, that is played from beginning to end.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from alert_replays import document, evaluated, store_rules
from archives import write_agg_trades
from listening import Ear, Held
from problems import problem_of
from quant.client import AsyncClient
from quant.client import Client as Scripting
from quant.errors import InvalidParameter, NotFound
from recorded import Trade, made_trades, write_recording
from serving import Client, free_port, serving
from waiting import eventually

START_MS = 1_750_000_020_000
MINUTES = 8
LAG_MS = 35
SLICE_MS = 100
LATENESS_MS = 300  # rules are asked about a time so long after it
SYMBOLS = ("AAAUSDT", "BBBUSDT", "CCCUSDT")
PAIR = {"symbol_a": "AAAUSDT", "symbol_b": "BBBUSDT"}
RULED = {"pair": "AAAUSDT-BBBUSDT", "interval": "1s", "window": 60}
RULES = {
    "high": document(
        "high", {"metric": "zscore", **RULED, "op": ">", "value": 1.5}, rearm=0.5, channels=["ops"]
    ),
    "live": document(
        "live", {"metric": "zscore", **RULED, "live": True, "op": "<", "value": -2}, cooldown_s=30
    ),
    "long": document("long", {"metric": "price", "symbol": "CCCUSDT", "op": "<", "value": 3, "for_s": 20}),
}
UNLIKE = ("seq", "market", "signal", "signal_reason")
"""What a recording that has ended says in its own way: there is no signal any more."""

EVENT_FACTS = ("rule_id", "time", "reason", "evidence", "ended_at", "ended_because")


@pytest.fixture(scope="module")
def trades() -> list[Trade]:
    return made_trades(seed=21, minutes=MINUTES, start_ms=START_MS)


@pytest.fixture(scope="module")
def begin(trades: list[Trade]) -> int:
    return trades[0].time_ms


@pytest.fixture(scope="module")
def end(trades: list[Trade]) -> int:
    return trades[-1].time_ms


@pytest.fixture(scope="module")
def api(trades: list[Trade], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Serve the recording, paused at its beginning; whom its rules tell never answers."""
    folder = tmp_path_factory.mktemp("scrubbed")
    file = write_recording(folder / "made.gz", trades, lag_ms=LAG_MS)
    store_rules(folder, RULES)
    quiet = {
        "alert_channels": {"ops": f"https://127.0.0.1:{free_port()}/"},
        "alert_allow_private_hosts": True,
        "alert_retry_delays_s": "0.01",
    }
    with serving(folder, source=f"replay:{file}", speed=1, **quiet) as server:
        server.client.wait_ready()
        server.client.post("/replay", paused=True)
        yield server.client


def shown(api: Client) -> dict[str, Any]:
    """Return all that a server says of its market, and the events so far; nothing that counts or names them."""
    said: dict[str, Any] = {}
    for symbol in SYMBOLS:
        for interval in ("1s", "1m", "5m", "t20"):
            said[f"{symbol} {interval}"] = api.get(f"/data/{symbol}", interval=interval, limit=4096)
        said[f"{symbol} ticks"] = api.get(f"/data/{symbol}/ticks", limit=10_000)
        said[f"{symbol} gaps"] = api.get(f"/data/{symbol}/gaps")
    for method, interval in (("ols", "1s"), ("kalman", "1s"), ("ols", "1m")):
        query = PAIR | {"interval": interval, "method": method, "window": 20}
        answer = api.http.get("/analytics/pair", params=query)
        said[f"pair {method} {interval}"] = (
            answer.json() if answer.status_code != 409 else {"few": answer.json()["have"]}
        )
    said = {
        name: {key: value for key, value in each.items() if key not in UNLIKE} for name, each in said.items()
    }
    said["symbols"] = [
        {name: line[name] for name in ("symbol", "last_id", "last_time", "last_price", "ticks", "gaps")}
        for line in api.status()["symbols"]
    ]
    status = api.status()
    events: list[dict[str, Any]] = []
    if status["as_of"] is not None:  # what has fired later once is in the history, too
        asked = status["as_of"] - LATENESS_MS
        events = api.get("/alerts/history", market=status["market"], end=asked + 1, limit=1000)["items"]
    said["events"] = sorted(
        ([event[name] for name in EVENT_FACTS] for event in events), key=lambda facts: (facts[1], facts[0])
    )
    active = api.get("/alerts/active")["items"]
    said["active"] = sorted([event["rule_id"], event["time"]] for event in active)
    return said


def cut_off(trades: list[Trade], ms: int) -> list[Trade]:
    """Return the trades of all slices before the first that holds one after `ms`."""
    kept: list[Trade] = []
    for _, group in groupby(trades, key=lambda trade: (trade.time_ms + LAG_MS) // SLICE_MS):
        inside = list(group)
        if any(trade.time_ms > ms for trade in inside):
            break
        kept += inside
    return kept


def expected(trades: list[Trade], ms: int, folder: Path) -> dict[str, Any]:
    """Return what a server says that has never known more than the trades up to a time."""
    file = write_recording(folder / "cut.gz", cut_off(trades, ms), lag_ms=LAG_MS)
    store_rules(folder, RULES)
    channels = {"ops": f"https://127.0.0.1:{free_port()}/"}
    with serving(
        folder, source=f"replay:{file}", speed=0, alert_channels=channels, alert_allow_private_hosts=True
    ) as server:
        evaluated(server.client)
        return shown(server.client)


@pytest.mark.parametrize(
    ("share", "by_way_of"),
    [(0.1, (0.5,)), (0.37, ()), (0.62, (0.9, 0.3)), (0.62, (0.7, 0.1, 0.6)), (1.0, (0.2, 0.8, 0.4))],
)
def test_a_moment_is_as_it_was(
    api: Client,
    trades: list[Trade],
    begin: int,
    end: int,
    tmp_path: Path,
    share: float,
    by_way_of: tuple[float, ...],
) -> None:
    moment = begin + round(share * (end - begin))
    for each in by_way_of:
        api.post("/replay", position=begin + round(each * (end - begin)))
    stands = api.post("/replay", position=moment)
    assert (stands["position"], stands["seeking_to"], stands["paused"]) == (moment, None, True)
    assert stands["as_of"] is None or stands["as_of"] <= moment
    first = shown(api)
    assert first == expected(trades, moment, tmp_path)
    api.post("/replay", position=end)
    api.post("/replay", position=moment)
    assert shown(api) == first


def test_the_rules_have_something_to_tell(api: Client, end: int) -> None:
    api.post("/replay", position=end)
    events = api.get("/alerts/history", limit=1000)["items"]
    assert {event["rule_id"] for event in events} == set(RULES)
    assert len(events) > 5


def test_what_is_played_again_is_stored_and_delivered_once(api: Client, begin: int, end: int) -> None:
    def letters() -> list[dict[str, Any]]:
        return [
            item for item in api.get("/alerts/dead-letters", limit=1000)["items"] if item["rule_id"] == "high"
        ]

    api.post("/replay", position=end)
    before = {event["id"]: event for event in api.get("/alerts/history", limit=1000)["items"]}
    high = {name for name, event in before.items() if event["rule_id"] == "high"}
    eventually(lambda: {letter["event_id"] for letter in letters()} == high, what="all are given up")
    some = next(iter(before))
    api.post(f"/alerts/{some}/ack")
    for share in (0.4, 0.9, 0.1, 1.0):
        api.post("/replay", position=begin + round(share * (end - begin)))
    after = {event["id"]: event for event in api.get("/alerts/history", limit=1000)["items"]}
    for name, event in after.items():
        same = ("number", "time", "reason", "evidence", "ended_at", "ended_because")
        assert {key: event[key] for key in same} == {key: before[name][key] for key in same}
    assert after.keys() == before.keys()
    assert after[some]["acknowledged_at"] is not None
    assert len(letters()) == len(high)


def test_a_rule_fires_again_on_the_socket_and_what_is_passed_by_is_no_news(
    api: Client, begin: int, end: int
) -> None:
    api.post("/replay", position=end)
    events = api.get("/alerts/history", rule_id="high", limit=1000)["items"]
    third = sorted(event["time"] for event in events)[2]
    wanted = {event["id"] for event in events if event["time"] <= third}
    with api.socket() as socket:
        ear = Ear(socket)
        ear.say("subscribe", "alerts")
        ear.hear_type("snapshot", "alerts")
        api.post("/replay", position=third - 1_000)
        api.post("/replay", paused=False, speed=0)
        last = events[0]
        ear.hear_until(
            lambda message: (
                message.get("topic") == "alerts"
                and any(
                    item["id"] == last["id"] and item["ended_at"] is None for item in message["data"]["items"]
                )
            )
        )
        api.post("/replay", paused=True)
    told = [
        (item["id"], message["news"], item["time"])
        for message in ear.data("alerts")
        for item in message["data"]["items"]
        if message["type"] == "update" and item["rule_id"] == "high" and item["ended_at"] is None
    ]
    assert {name for name, _, _ in told} >= wanted
    assert all(is_news == (time > third - 1_000) for _, is_news, time in told)
    assert any(is_news for _, is_news, _ in told)
    assert not all(is_news for _, is_news, _ in told)


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_who_listens_holds_what_rest_has(api: Client, begin: int, end: int, share: float) -> None:
    """Going back and ahead brings snapshots: nobody keeps a bar of a moment that has not come yet."""
    topics = ("bars:AAAUSDT:1s", "pair:AAAUSDT-BBBUSDT:1s:20:ols:level", "ticks:BBBUSDT")
    api.post("/replay", position=begin + (end - begin) // 2)
    with api.socket() as socket:
        ear = Ear(socket)
        ear.say("subscribe", *topics)
        ear.hear_until(lambda _: all(map(ear.data, topics)))
        known = len(ear.heard)
        moment = begin + round(share * (end - begin))
        api.post("/replay", position=moment)
        newest = api.status()["as_of"]
        ear.hear_until(lambda _: all(ear.data(topic)[-1]["data"]["as_of"] == newest for topic in topics))
        assert all(message["type"] == "snapshot" for message in ear.heard[known:] if "data" in message)
        held = Held()
        for message in ear.data(topics[0]):
            held.take(message)
    bars = api.get("/data/AAAUSDT", interval="1s", limit=1500)["items"]
    assert [held.rows[at] for at in sorted(held.rows)] == bars
    assert bars[-1]["time"] <= moment


def test_playing_on_comes_to_the_end(api: Client, begin: int, end: int) -> None:
    stands = api.post("/replay", position=begin + 60_000, speed=2_000, paused=False)
    assert (stands["speed"], stands["paused"]) == (2_000, False)
    api.wait_finished()
    stands = api.get("/replay")
    assert (stands["position"], stands["as_of"], stands["finished"]) == (end, end, True)
    stands = api.post("/replay", position=begin + 60_000, paused=True)
    assert (stands["finished"], api.status()["running"]) == (False, True)


def test_a_recording_of_rows_is_moved_about_in_as_well(tmp_path: Path, trades: list[Trade]) -> None:
    mine = [trade for trade in trades if trade.symbol == "AAAUSDT"]
    file = write_agg_trades(tmp_path / "AAAUSDT-aggTrades-2025-06-15.zip", mine)
    with serving(tmp_path / "data", source=f"replay:{file}", speed=0) as server:
        api = server.client
        api.wait_finished()
        stands = api.get("/replay")
        assert (stands["begin"], stands["end"]) == (mine[0].time_ms, mine[-1].time_ms)
        moment = mine[len(mine) // 3].time_ms
        stands = api.post("/replay", position=moment, paused=True)
        assert stands["as_of"] <= moment == stands["position"]
        newest = api.get("/data/AAAUSDT/ticks", limit=10_000)["items"][-1]
        assert newest["time"] == stands["as_of"]


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"position": 5}, "position"),
        ({"position": "2099-01-01T00:00Z"}, "position"),
        ({"position": "noon"}, "position"),
        ({"position": True}, "position"),
        ({"speed": -1}, "speed"),
        ({"speed": 10_001}, "speed"),
        ({"speed": "10"}, "speed"),
        ({"paused": 1}, "paused"),
        ({"pace": 1}, "pace"),
        ({"position": 5, "speed": 7, "paused": False}, "position"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_named_and_changes_nothing(
    api: Client, change: dict[str, Any], parameter: str
) -> None:
    before = api.post("/replay", paused=True)
    problem = problem_of(api.http.post("/replay", json=change), status=422)
    assert problem["parameter"].split(".")[0] == parameter
    assert api.get("/replay") == before


def test_a_position_is_ms_or_iso(api: Client, begin: int) -> None:
    by_number = api.post("/replay", position=begin + 90_000)
    text = datetime.fromtimestamp((begin + 90_000) / 1000, UTC).isoformat(timespec="milliseconds")
    assert api.post("/replay", position=text) == by_number


def test_the_python_client_moves_it(api: Client, begin: int) -> None:
    with Scripting(api.origin) as quant:
        stands = quant.control_replay(position=begin + 61_000, speed=5, paused=True)
        assert (stands["position"], stands["speed"], stands["paused"]) == (begin + 61_000, 5, True)
        assert quant.replay() == stands
        with pytest.raises(InvalidParameter, match="inside the recording"):
            quant.control_replay(position=1)

    async def ask() -> tuple[Any, Any]:
        async with AsyncClient(api.origin) as other:
            return await other.control_replay(position=begin + 62_000), await other.replay()

    moved, stands = asyncio.run(ask())
    assert moved == stands
    assert stands["position"] == begin + 62_000


def test_only_a_recording_can_be_moved(tmp_path: Path) -> None:
    closed = free_port()
    hosts = {"binance_ws_url": f"ws://127.0.0.1:{closed}", "binance_rest_url": f"http://127.0.0.1:{closed}"}
    with serving(tmp_path, source="binance", **hosts) as server:
        api = server.client
        for answer in (api.http.get("/replay"), api.http.post("/replay", json={"paused": True})):
            assert "recording" in problem_of(answer, status=404)["detail"]
        with Scripting(api.origin) as quant, pytest.raises(NotFound):
            quant.replay()
