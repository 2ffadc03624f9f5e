"""Alert rules over real trades: live evaluation, the same at another speed, and preview give the same events."""

from pathlib import Path
from typing import Any

import pytest

from alert_replays import document, evaluated, facts, store_rules
from serving import serving

FILES = ("btcusdt_20240809.gz", "ethusdt_20240809.gz")
PAIR = {"pair": "BTCUSDT-ETHUSDT", "interval": "1s", "window": 60}
A, B = {"symbol": "BTCUSDT"}, {"symbol": "ETHUSDT"}

RULES = {
    "issue": document(
        "issue",
        {"metric": "zscore", **PAIR, "op": ">", "value": 2},
        {"metric": "correlation", **PAIR, "op": ">", "value": 0.2, "for_s": 10},
    ),
    "low": document("low", {"metric": "zscore", **PAIR, "op": "<", "value": -2}, rearm=-1.0, cooldown_s=20),
    "robust": document(
        "robust",
        {"metric": "zscore", **PAIR, "method": "huber", "scale": "log", "op": "crosses_above", "value": 1.5},
    ),
    "live": document("live", {"metric": "zscore", **PAIR, "live": True, "op": ">", "value": 3}, rearm=1.0),
    "either": document(
        "either",
        {"metric": "return", **A, "interval": "1s", "op": "<", "value": -1e-4},
        {"metric": "volume", **B, "interval": "1s", "window": 5, "op": ">", "value": 40},
        kind="any",
        cooldown_s=7,
    ),
    "still": document("still", {"metric": "staleness", **B, "op": ">", "value": 1, "for_s": 0.4}),
}


@pytest.fixture(scope="module")
def source(shared_data: Path) -> str:
    return "replay:" + ",".join(str(shared_data / "hft_spot" / name) for name in FILES)


def play(source: str, folder: Path, *, speed: float) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the events, and what previews say afterwards."""
    store_rules(folder, RULES)
    with serving(folder, source=source, speed=speed, tick_buffer_size=50_000) as server:
        events = evaluated(server.client)
        return events, {name: server.client.post("/alerts/preview", rule_id=name) for name in RULES}


@pytest.fixture(scope="module")
def played(source: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return play(source, tmp_path_factory.mktemp("played"), speed=0)


def test_real_trades_give_every_rule_something_to_tell(played: Any) -> None:
    events, _ = played
    counts = {name: sum(event["rule_id"] == name for event in events) for name in RULES}
    assert all(counts.values()), counts


@pytest.mark.parametrize("name", RULES)
def test_preview_of_real_trades_gives_what_live_evaluation_gave(name: str, played: Any) -> None:
    events, previews = played
    lived = [event for event in events if event["rule_id"] == name]
    would = previews[name]["firings"]
    assert [each["id"] for each in would] == [each["id"] for each in lived]
    for one, other in zip(would, lived, strict=True):
        assert {field: one[field] for field in ("time", "reason", "evidence", "ended_at")} == {
            field: other[field] for field in ("time", "reason", "evidence", "ended_at")
        }


def test_real_trades_at_another_speed_give_the_same_events(source: str, played: Any, tmp_path: Path) -> None:
    events, _ = play(source, tmp_path, speed=2_000)
    assert [facts(event) for event in events] == [facts(event) for event in played[0]]


def test_an_event_names_the_trades_and_the_quality_behind_it(played: Any) -> None:
    for event in played[0]:
        for evidence in event["evidence"]:
            legs = {"pair": ["BTCUSDT", "ETHUSDT"], "symbol": [evidence["condition"]["symbol"]]}
            kind = "symbol" if evidence["condition"]["symbol"] else "pair"
            if evidence["holds"] is None:
                continue
            if evidence["quality"].get("quiet", 0) == 0:
                assert [each["symbol"] for each in evidence["trades"]] == legs[kind]
            if evidence["condition"]["metric"] in ("zscore", "correlation"):
                assert sum(evidence["quality"].values()) >= 60
