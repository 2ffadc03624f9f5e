"""kill -9 of a server whose rules fire, again and again: in the end the events are those of one that was never killed.

Two oracles read the stored bars: a preview of the server itself, which has seen no kill, and an evaluator that is as
plain as it gets, over numbers that numpy makes of the closes.
"""

import contextlib
import json
import random
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alerts.naive import Naive
from quant.alerts.metrics import Metric, MetricKey
from quant.alerts.parsing import parse_rule
from quant.alerts.readings import Reading
from quant.engine.alert_vocabulary import STORED
from serving import Client, ServerProcess
from waiting import eventually

QUICK_KILLS = 3
SOAK_KILLS = 100
SEED = 20260802
A, B = "BTCUSDT", "ETHUSDT"
WINDOW = 20
BAR_MS = 1_000
NS = 1_000_000
WITHIN_S = 200.0
HEARD = (1, 2, 6, 20)
"""Changes that are heard before a kill: 7.25 in the mean, which is more than three events that begin and end."""
USABLE = ("live", "quiet")

PAIR = {"pair": f"{A}-{B}", "interval": "1s", "window": WINDOW}
RULES: dict[str, dict[str, Any]] = {
    "up": {"all": [{"metric": "return", "symbol": A, "interval": "1s", "op": ">", "value": 0}]},
    "rich": {
        "all": [
            {"metric": "zscore", **PAIR, "op": ">", "value": 1.5},
            {"metric": "correlation", **PAIR, "op": ">", "value": 0.5, "for_s": 10},
        ]
    },
    "back": {"all": [{"metric": "zscore", **PAIR, "op": "crosses_below", "value": 0}]},
    "either": {
        "any": [
            {"metric": "zscore", **PAIR, "op": "<", "value": -1.5},
            {"metric": "volume", "symbol": B, "interval": "1s", "window": 3, "op": ">", "value": 30},
        ]
    },
}
FIELDS: dict[str, dict[str, Any]] = {"rich": {"rearm": 0.5}, "either": {"cooldown_s": 7}}


@dataclass
class Told:
    """What clients heard: ids with their times, and when something could not be used once evaluation went on."""

    ids: dict[str, int] = field(default_factory=dict)
    disturbed: list[int] = field(default_factory=list)


@dataclass
class Course:
    """A market under rules, and the servers that come and go on one data directory."""

    folder: Path
    dice: random.Random
    told: Told = field(default_factory=Told)
    rules: dict[str, str] = field(default_factory=dict)
    edits: int = 0
    pauses: list[tuple[int, int]] = field(default_factory=list)
    """From the last that was told to the market's time when another server answered."""

    def start(self) -> ServerProcess:
        server = ServerProcess(self.folder, SOURCE="sim:7", TICK_BUFFER_SIZE=100_000)
        server.wait_alive()
        server.client.wait_ready()
        return server

    def first(self) -> ServerProcess:
        server = self.start()
        server.client.post("/stream/start", symbols=[A, B])
        for symbol in (A, B):
            server.client.wait_state(symbol, *USABLE)
        for name, when in RULES.items():
            document = {"name": name, "when": when} | FIELDS.get(name, {})
            self.rules[name] = server.client.post("/alerts", **document)["id"]
        return server

    def edit(self, client: Client) -> None:
        """Change what asks no new question; it must neither lose nor double an event."""
        name = self.dice.choice([*RULES])
        self.edits += 1
        fields = {"name": f"{name}, edited {self.edits}", "severity": self.dice.choice(("info", "critical"))}
        assert client.http.patch(f"/alerts/{self.rules[name]}", json=fields).status_code == 200

    def listen(self, client: Client, changes: int, rest_s: float) -> None:
        """Listen until so many changes were told, then that much longer."""
        with client.socket() as socket:
            socket.send(json.dumps({"op": "subscribe", "topics": ["alerts", "status"]}))
            heard = 0
            while heard < changes:
                heard += self.take(json.loads(socket.recv(timeout=WITHIN_S)), is_evaluating=heard > 0)
            with contextlib.suppress(TimeoutError):
                self.take(json.loads(socket.recv(timeout=rest_s)), is_evaluating=heard > 0)

    def take(self, message: dict[str, Any], *, is_evaluating: bool) -> int:
        """Take note of a message; return how many changes of events it told."""
        if message.get("topic") == "alerts" and message["type"] == "update":
            items = message["data"]["items"]
            self.told.ids |= {item["id"]: item["time"] for item in items}
            return len(items)
        if message.get("topic") == "status" and is_evaluating:
            lines = [line for line in message["data"]["symbols"] if line["symbol"] in (A, B)]
            if any(line["state"] not in USABLE for line in lines):
                self.told.disturbed.append(message["data"]["as_of"])
        return 0


def page(client: Client, path: str, **params: object) -> Iterator[dict[str, Any]]:
    """Yield all events of a history, newest first."""
    before: dict[str, object] = {}
    while True:
        answer = client.get(path, limit=1000, **params, **before)
        yield from answer["items"]
        if answer["next"] is None:
            return
        before = {"before": answer["next"]}


@dataclass(frozen=True)
class Bars:
    times: np.ndarray
    closes: np.ndarray
    volumes: np.ndarray


def bars_of(client: Client, symbol: str, start: int, end: int) -> Bars:
    """Return the bars of a second of a span, each of them whole."""
    items: list[dict[str, Any]] = []
    for first in range(start, end, 2_000 * BAR_MS):
        last = min(first + 2_000 * BAR_MS, end)
        items += client.get(f"/data/{symbol}", interval="1s", start=first, end=last, limit=2_000)["items"]
    assert [item["time"] for item in items] == list(range(items[0]["time"], end, BAR_MS)), "no bar is missing"
    assert not [item for item in items if item["quality"] == "gap"], "all holes are filled"
    columns = {name: np.array([item[name] for item in items]) for name in ("time", "close", "volume")}
    return Bars(columns["time"], columns["close"], columns["volume"])


def readings(a: Bars, b: Bars, rules: dict[str, Any]) -> Iterator[tuple[int, dict[MetricKey, Reading]]]:
    """Yield all numbers at the end of each bar once there are enough bars, by formulas of this test."""
    keys = {memory.key for rule in rules.values() for memory in _conditions(rule)}
    steps_a, steps_b = np.diff(np.log(a.closes)), np.diff(np.log(b.closes))
    for n in range(WINDOW + 1, len(a.times)):
        fitted = slice(n - WINDOW, n)
        beta, alpha = np.polyfit(b.closes[fitted], a.closes[fitted], 1)
        sd = np.std(a.closes[fitted] - alpha - beta * b.closes[fitted], ddof=1)
        found = {
            (Metric.RETURN, None): a.closes[n] / a.closes[n - 1] - 1,
            (Metric.VOLUME, 3): b.volumes[n - 2 : n + 1].sum(),
            (Metric.ZSCORE, WINDOW): (a.closes[n] - alpha - beta * b.closes[n]) / sd,
            (Metric.CORRELATION, WINDOW): np.corrcoef(steps_a[n - WINDOW : n], steps_b[n - WINDOW : n])[0, 1],
        }
        at = int(a.times[n])
        told = {
            key: Reading(
                float(found[key.metric, None if key.metric is Metric.RETURN else key.window]), at * NS
            )
            for key in keys
        }
        yield (at + BAR_MS) * NS, told


def _conditions(rule: Any) -> list[Any]:
    return list(rule.when.members)


def naive_events(a: Bars, b: Bars) -> dict[str, list[tuple[int, int | None]]]:
    """Return (fired, ended) of each rule in ms, as the plain evaluator has it."""
    parsed = {
        name: parse_rule({"name": name, "when": when} | FIELDS.get(name, {}), STORED)
        for name, when in RULES.items()
    }
    naive = Naive(time=(int(a.times[WINDOW]) + BAR_MS) * NS)
    for name, rule in parsed.items():
        naive.put(name, 1, rule)
    found: dict[str, list[tuple[int, int | None]]] = {name: [] for name in RULES}
    for time, told in readings(a, b, parsed):
        for name, what, at, _ in naive.step(time, told):
            if what == "fired":
                found[name].append((at // NS, None))
            else:
                found[name][-1] = (found[name][-1][0], at // NS)
    return found


def settled(
    lived: list[tuple[int, int | None]], would: list[tuple[int, int | None]], disturbed: list[int], until: int
) -> tuple[list[tuple[int, int | None]], list[tuple[int, int | None]]]:
    """Return what has to be the same: all but what lies between a disturbance and the next event in common.

    The first disturbance is the beginning: a rule that comes while its question is answered yes fires at once. An
    event that ended at the same time in both leaves a rule in the same state in both.
    """
    common = sorted(each for each in {*lived} & {*would} if each[1] is not None)
    skipped = [
        (since, next((each[0] for each in common if each[0] > since), until)) for since in (0, *disturbed)
    ]

    def kept(events: list[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
        return [
            each
            for each in events
            if each[0] < until and not any(since <= each[0] < to for since, to in skipped)
        ]

    return kept(lived), kept(would)


def kill_often(folder: Path, kills: int, *, seed: int = SEED) -> dict[str, int]:
    """Kill so often; then hold what is stored against both oracles. Return how much of it there was."""
    course = Course(folder, random.Random(seed + kills))
    server = course.first()
    try:
        for number in range(kills):
            if number % 2:
                course.edit(server.client)
            course.listen(server.client, course.dice.choice(HEARD), 0.05 + course.dice.random() * 0.3)
            server.end(signal.SIGKILL)
            server.close()
            heard = max(course.told.ids.values())
            server = course.start()
            server.client.wait_state(A, *USABLE, "gap")
            course.pauses.append((heard, server.client.status()["as_of"]))
        course.listen(server.client, 12, 0.1)
        return check(server.client, course)
    finally:
        server.close()


def check(client: Client, course: Course) -> dict[str, int]:
    events = [*page(client, "/alerts/history")][::-1]
    ids = [event["id"] for event in events]
    assert len(set(ids)) == len(ids), "none is doubled"
    assert course.told.ids.keys() <= {*ids}, "what was told is stored"
    assert all(course.told.ids.get(event["id"], event["time"]) == event["time"] for event in events)
    until = max(event["time"] for event in events)  # all before it has been evaluated
    first = min(event["time"] for event in events)
    start = first - first % BAR_MS - 2 * WINDOW * BAR_MS

    def whole() -> bool:
        return all(line["gaps"]["open"] == 0 for line in client.status()["symbols"])

    eventually(whole, what="all holes are filled")
    a, b = (bars_of(client, symbol, start, until - until % BAR_MS) for symbol in (A, B))
    both = min(len(a.times), len(b.times))  # they began to stream one after the other
    a, b = (Bars(each.times[-both:], each.closes[-both:], each.volumes[-both:]) for each in (a, b))
    plain = naive_events(a, b)
    figures = {
        "events": len(events),
        "meanwhile": sum(any(a < each["time"] < b for a, b in course.pauses) for each in events),
        "compared": 0,
        "edits": course.edits,
        "disturbed": len(course.told.disturbed),
    }
    for name, rule_id in course.rules.items():
        lived = [(each["time"], each["ended_at"]) for each in events if each["rule_id"] == rule_id]
        preview = client.post("/alerts/preview", rule_id=rule_id, start=first - WINDOW * BAR_MS, end=until)
        would = [(each["time"], each["ended_at"]) for each in preview["firings"]]
        shown = until if preview["count"] == len(would) else would[-1][0]  # it shows the first thousand
        for what, oracle, end in (("preview", would, shown), ("naive", plain[name], until)):
            told, expected = settled(lived, oracle, course.told.disturbed, end - end % BAR_MS)
            told, expected = (
                [each if each[1] is None or each[1] < end - BAR_MS else (each[0], None) for each in found]
                for found in (told, expected)
            )
            assert told == expected, f"{name}, {what}"
            figures["compared"] += len(told)
    assert figures["compared"] > len(events), "most of it is compared, twice"
    return figures


def test_no_event_is_lost_or_doubled_when_the_server_is_killed(tmp_path: Path) -> None:
    figures = kill_often(tmp_path, QUICK_KILLS)
    assert figures["events"] > 8


@pytest.mark.soak
def test_no_event_is_lost_or_doubled_in_many_kills(
    tmp_path: Path, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--runs` says how many kills, `--seed` which ones."""
    kills = pytestconfig.getoption("runs") or SOAK_KILLS
    figures = kill_often(tmp_path, kills, seed=pytestconfig.getoption("seed") or SEED)
    with capsys.disabled():
        sys.stdout.write(f"\n{kills} kills: {figures}\n")
    assert figures["events"] > 3 * kills
    assert figures["meanwhile"] > kills / 10, "some fell into the time in which no server was there"
