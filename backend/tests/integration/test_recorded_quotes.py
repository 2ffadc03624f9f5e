"""Quotes and mark prices are recorded and played as trades are: the file, read by hand, against the replay."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from serving import quant, serving

TIMES = {"bookTicker": "T", "markPriceUpdate": "E"}


def newest_by_second(file: Path, *, event: str, symbol: str) -> list[dict[str, Any]]:
    """Return the newest message of each second in a recording, oldest first."""
    kept: dict[int, dict[str, Any]] = {}
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            data = json.loads(line.partition(" ")[2]).get("data", {})
            if data.get("e") != event or data["s"] != symbol:
                continue
            second = data[TIMES[event]] // 1000
            if second not in kept or data[TIMES[event]] >= kept[second][TIMES[event]]:
                kept[second] = data
    return [kept[second] for second in sorted(kept)]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    done = quant(
        "record", "recorded.gz", "--symbols", "BTCUSDT,ETHUSDT", "--source", "sim:5", "--seconds", "4",
        cwd=folder, DATA_DIR=folder / "data",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "recorded.gz"


def test_quotes_and_marks_are_recorded_and_played(recording: Path, tmp_path: Path) -> None:
    with serving(tmp_path, source=f"replay:{recording}", speed=0) as server:
        server.client.wait_finished()
        for symbol in ("BTCUSDT", "ETHUSDT"):
            quotes = newest_by_second(recording, event="bookTicker", symbol=symbol)
            marks = newest_by_second(recording, event="markPriceUpdate", symbol=symbol)
            assert quotes, "no quotes were recorded"
            assert marks, "no mark prices were recorded"

            quoted = server.client.get(f"/data/{symbol}/quote")["items"]
            assert [
                (row["time"], row["bid"], row["bid_size"], row["ask"], row["ask_size"]) for row in quoted
            ] == [
                (data["T"], float(data["b"]), float(data["B"]), float(data["a"]), float(data["A"]))
                for data in quotes
            ]
            marked = server.client.get(f"/data/{symbol}/funding")["items"]
            assert [
                (row["time"], row["mark"], row["index"], row["funding_rate"], row["next_funding_time"])
                for row in marked
            ] == [
                (data["E"], float(data["p"]), float(data["i"]), float(data["r"]), data["T"]) for data in marks
            ]
