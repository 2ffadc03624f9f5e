"""Malformed messages are shown to a person, within bounds, and a disk that refuses them hurts nobody."""

import json
from pathlib import Path

import pytest

from quant.clock import NS_PER_S
from quant.feed import quarantine
from quant.feed.quarantine import MAX_MESSAGE_BYTES, Quarantine


class Noon:
    """A clock that stands still."""

    def wall_ns(self) -> int:
        return 1_740_830_400 * NS_PER_S + 5_000_000

    def monotonic_s(self) -> float:
        return 0.0


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_a_sample_says_what_came_from_where_and_why(tmp_path: Path):
    held = Quarantine(tmp_path / "quarantine.jsonl", clock=Noon())
    held.add("trades-1a", "not JSON", b'{"a":\xff"\n')
    held.close()
    assert lines(tmp_path / "quarantine.jsonl") == [
        {
            "time": "2025-03-01T12:00:00.005+00:00",
            "connection": "trades-1a",
            "reason": "not JSON",
            "bytes": 8,
            "message": '{"a":\\xff"\n',
        }
    ]


def test_of_a_long_message_the_beginning_is_kept(tmp_path: Path):
    held = Quarantine(tmp_path / "q", clock=Noon())
    held.add("c", "long", b"x" * 100_000)
    held.close()
    (sample,) = lines(tmp_path / "q")
    assert (sample["bytes"], sample["message"]) == (100_000, "x" * MAX_MESSAGE_BYTES)


def test_a_run_keeps_so_many(tmp_path: Path):
    for _ in range(2):
        held = Quarantine(tmp_path / "q", clock=Noon(), max_samples=3)
        for number in range(10):
            held.add("c", str(number), b"")
        held.close()
        held.add("c", "after the end", b"")
    assert [sample["reason"] for sample in lines(tmp_path / "q")] == ["0", "1", "2"] * 2, (
        "runs follow each other"
    )


def test_the_file_gives_way_to_a_new_one_when_it_is_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quarantine, "MAX_FILE_BYTES", 1000)
    held = Quarantine(tmp_path / "q", clock=Noon())
    for number in range(40):
        held.add("c", str(number), b"y" * 100)
    held.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["q", "q.1"]
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())
    kept = [int(str(sample["reason"])) for name in ("q.1", "q") for sample in lines(tmp_path / name)]
    assert kept == list(range(kept[0], 40))


def test_a_disk_that_refuses_costs_the_samples_alone(tmp_path: Path):
    (tmp_path / "q").mkdir()
    held = Quarantine(tmp_path / "q", clock=Noon())
    for number in range(10):
        held.add("c", str(number), b"z")
    held.close()
    assert list((tmp_path / "q").iterdir()) == []


def test_nothing_malformed_is_no_file(tmp_path: Path):
    Quarantine(tmp_path / "q", clock=Noon()).close()
    assert list(tmp_path.iterdir()) == []
