"""Alert rules over a recording that is played: the same data give the same events, however they come to be read."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from quant.alerts.parsing import parse_rule
from quant.alerts.rules import rule_document
from quant.engine.alert_desk import STORED
from quant.storage.alert_records import AlertChanges, StoredRule
from quant.storage.alert_store import AlertStore
from quant.storage.metadata import Metadata
from recorded import made_trades, write_recording
from serving import Client, serving
from waiting import eventually

MINUTES = 8
PAIR = {"pair": "AAAUSDT-BBBUSDT", "interval": "1s", "window": 60, "method": "ols", "scale": "level"}
A = {"symbol": "AAAUSDT"}


def document(name: str, *conditions: dict[str, Any], kind: str = "all", **fields: Any) -> dict[str, Any]:
    return {"name": name, "when": {kind: list(conditions)}} | fields


RULES = {
    "z": document("z", {"metric": "zscore", **PAIR, "op": ">", "value": 2}, rearm=1.0),
    "held": document(
        "held",
        {"metric": "zscore", **PAIR, "op": ">", "value": 1},
        {"metric": "correlation", **PAIR, "op": ">", "value": -1, "for_s": 10},
        cooldown_s=30,
    ),
    "minutes": document("minutes", {"metric": "return", **A, "interval": "1m", "op": ">", "value": 0}),
    "volatility": document(
        "volatility",
        {"metric": "volatility", **A, "interval": "1s", "window": 30, "op": "crosses_above", "value": 2e-4},
    ),
    "tests": document(
        "tests",
        {"metric": "coint_pvalue", **PAIR, "op": "<", "value": 0.05},
        {"metric": "half_life", **PAIR, "op": "<", "value": 3},
        {"metric": "hedge_ratio", **PAIR, "op": ">", "value": 1.4},
    ),
    "live": document("live", {"metric": "zscore", **PAIR, "live": True, "op": ">", "value": 2}),
    "price": document("price", {"metric": "price", **A, "op": "crosses_above", "value": 170.0}, cooldown_s=5),
    "forming": document(
        "forming", {"metric": "volume", **A, "interval": "1m", "live": True, "op": ">", "value": 20}
    ),
    "rate": document("rate", {"metric": "tick_rate", **A, "op": ">", "value": 0.25}),
    "silence": document("silence", {"metric": "staleness", **A, "op": ">", "value": 2, "for_s": 0.5}),
}


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    trades = made_trades(seed=3, minutes=MINUTES, start_ms=1_750_000_020_000)
    return write_recording(tmp_path_factory.mktemp("recording") / "made.gz", trades)


def store_rules(folder: Path) -> None:
    metadata = Metadata(f"sqlite:///{folder / 'metadata.sqlite'}")
    metadata.open()
    store = AlertStore(metadata.engine)
    for name, given in RULES.items():
        text = msgspec.json.encode(rule_document(parse_rule(given, STORED))).decode()
        store.save_rule(StoredRule(name, 1, text, 1, 1), AlertChanges("", 0), at_ms=1)
    metadata.close()


def evaluated(client: Client) -> list[dict[str, Any]]:
    """Return the events of a recording that has been played."""
    client.wait_finished()

    def is_done() -> bool:
        lines = client.http.get("/metrics").text.splitlines()
        return any(line.startswith("quant_alerts_waiting") and line.endswith(" 0.0") for line in lines)

    eventually(is_done, what="all is evaluated")
    items: list[dict[str, Any]] = client.get("/alerts/history", limit=1000)["items"]
    assert len(items) < 1000
    return sorted(items, key=lambda event: (event["time"], event["rule_id"]))


def facts(event: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(event[name] for name in ("id", "rule_id", "time", "reason", "evidence", "ended_at"))


@pytest.fixture(scope="module")
def played(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("played")
    store_rules(folder)
    with serving(folder, source=f"replay:{recording}", speed=0, tick_buffer_size=100_000) as server:
        events = evaluated(server.client)
        previews = {name: server.client.post("/alerts/preview", rule_id=name) for name in RULES}
    return events, previews


def test_every_rule_has_something_to_tell(played: Any):
    events, _ = played
    counts = {name: sum(event["rule_id"] == name for event in events) for name in RULES}
    assert all(counts.values()), counts


@pytest.mark.parametrize("name", RULES)
def test_preview_gives_what_live_evaluation_gave(name: str, played: Any):
    events, previews = played
    lived = [event for event in events if event["rule_id"] == name]
    preview = previews[name]
    assert [(each["time"], each["reason"]) for each in preview["firings"]] == [
        (each["time"], each["reason"]) for each in lived
    ]
    for would, did in zip(preview["firings"], lived, strict=True):
        for field in ("id", "evidence", "ended_at"):
            assert would[field] == did[field]


def test_two_speeds_give_the_same_events(played: Any, recording: Path, tmp_path: Path):
    store_rules(tmp_path)
    with serving(tmp_path, source=f"replay:{recording}", speed=400, tick_buffer_size=100_000) as server:
        events = evaluated(server.client)
    assert [facts(event) for event in events] == [facts(event) for event in played[0]]


def test_a_recording_played_again_tells_nothing_twice(played: Any, recording: Path, tmp_path: Path):
    store_rules(tmp_path)
    found = []
    for _ in range(2):
        with serving(tmp_path, source=f"replay:{recording}", speed=0, tick_buffer_size=100_000) as server:
            found.append([event["id"] for event in evaluated(server.client)])
    assert found[0] == found[1] == [event["id"] for event in played[0]]
