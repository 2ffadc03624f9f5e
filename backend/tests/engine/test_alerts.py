"""Alert rules over a recording that is played: the same data give the same events, however they come to be read."""

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from alert_replays import document, evaluated, facts, store_rules
from recorded import Trade, made_trades, write_recording
from serving import serving

MINUTES = 8
PAIR = {"pair": "AAAUSDT-BBBUSDT", "interval": "1s", "window": 60, "method": "ols", "scale": "level"}
A = {"symbol": "AAAUSDT"}


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


@pytest.fixture(scope="module")
def played(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("played")
    store_rules(folder, RULES)
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
    store_rules(tmp_path, RULES)
    with serving(tmp_path, source=f"replay:{recording}", speed=400, tick_buffer_size=100_000) as server:
        events = evaluated(server.client)
    assert [facts(event) for event in events] == [facts(event) for event in played[0]]


def test_a_recording_played_again_tells_nothing_twice(played: Any, recording: Path, tmp_path: Path):
    store_rules(tmp_path, RULES)
    found = []
    for _ in range(2):
        with serving(tmp_path, source=f"replay:{recording}", speed=0, tick_buffer_size=100_000) as server:
            found.append([event["id"] for event in evaluated(server.client)])
    assert found[0] == found[1] == [event["id"] for event in played[0]]


LATE_MS = 900
"""Longer than a bar waits, so that the closed bar gets a new revision."""


def trades_with_late_ones() -> list[Trade]:
    """Return trades of AAAUSDT, seven a second, in the order of their coming: a few large ones came late."""
    dice = random.Random(5)
    came: list[tuple[int, Trade]] = []
    for number in range(1_200):
        is_late = number % 40 == 39
        size = Decimal(60) if is_late else Decimal(dice.randrange(1, 1_200)).scaleb(-3)
        at = 1_750_000_020_000 + number * 150
        trade = Trade("AAAUSDT", 1_000 + number, at, Decimal(100 + dice.randrange(9)), size, sold=True)
        came.append((at + (LATE_MS if is_late else 0), trade))
    return [trade for _, trade in sorted(came, key=lambda each: each[0])]


def test_events_are_of_what_was_known_then_and_say_which_revision_that_was(tmp_path: Path):
    """A bar of the past that has another revision now is all that can set live events and a preview apart."""
    rules = {
        "large": document(
            "large", {"metric": "volume", **A, "interval": "1s", "op": ">", "value": 50}, cooldown_s=0
        ),
        "small": document("small", {"metric": "volume", **A, "interval": "1s", "op": ">", "value": 4}),
    }
    trades = trades_with_late_ones()
    recording = write_recording(tmp_path / "late.gz", trades)
    store_rules(tmp_path, rules)
    with serving(tmp_path, source=f"replay:{recording}", speed=0, tick_buffer_size=100_000) as server:
        lived = evaluated(server.client)
        bars = server.client.get("/data/AAAUSDT", interval="1s", limit=4096)["items"]
        would = [
            each | {"rule_id": name}
            for name in rules
            for each in server.client.post("/alerts/preview", rule_id=name)["firings"]
        ]
    revised = {bar["time"] for bar in bars if bar["revision"] > 0}
    assert len(revised) > 5
    large = [event for event in lived if event["rule_id"] == "large"]
    late = [event for event in large if event["time"] % 1_000 or event["evidence"][0]["revision"]]
    assert len(late) > 2, "a bar that a late trade changes fires when the trade comes"
    for event in late:
        (cited,) = event["evidence"]
        assert cited["bar_time"] in revised
        assert cited["revision"] > 0
        assert event["time"] > cited["bar_time"] + 1_000, "when it came, not when the bar ended"
        ids = range(cited["trades"][0]["first_id"], cited["trades"][0]["last_id"] + 1)
        assert any(trade.id in ids and trade.size == 60 for trade in trades if trade.symbol == "AAAUSDT")
    now = {bar["time"]: bar["revision"] for bar in bars}

    def on_revised(event: dict[str, Any]) -> bool:
        return event["evidence"][0]["bar_time"] in revised

    lived_ids, would_ids = ({each["id"] for each in found} for found in (lived, would))
    assert lived_ids & would_ids
    for event in lived:
        if event["id"] not in would_ids:
            assert on_revised(event) or event["evidence"][0]["bar_time"] - 1_000 in revised
        elif not on_revised(event):
            assert event["evidence"][0]["revision"] == now[event["evidence"][0]["bar_time"]]
    assert all(on_revised(event) for event in would if event["id"] not in lived_ids)
