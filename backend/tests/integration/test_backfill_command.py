"""`quant backfill` against the simulated exchange: alone, and beside the server that owns the data."""

from pathlib import Path
from typing import Any

import pytest

from quant.domain import Quality
from quant.storage.history_paths import DAY_NS
from quant.storage.store import Store
from serving import ServerProcess, quant, server_process
from waiting import eventually

SOURCE, MARKET, SYMBOL = "sim:5", "sim-5", "BTCUSDT"


def newest(server: ServerProcess) -> dict[str, Any]:
    """Return the symbol's line of the status once trades have come."""

    def look() -> dict[str, Any] | None:
        lines: list[dict[str, Any]] = server.client.status()["symbols"]
        found = [line for line in lines if line["symbol"] == SYMBOL]
        return found[0] if found and found[0]["ticks"] > 3 else None

    return eventually(look, what="trades have come")  # type: ignore[return-value]  never None


def ids_between(folder: Path, first: int, last: int) -> list[int]:
    ids = Store(folder).ticks(MARKET, SYMBOL).ids
    return ids[(ids >= first) & (ids <= last)].tolist()


def test_a_range_of_ids_is_fetched_and_its_bars_are_built(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with server_process(tmp_path, "--symbols", SYMBOL, SOURCE=SOURCE) as server:
        last = int(newest(server)["last_id"]) - 1
        assert server.end() == 0
    first = last - 2_500
    order = (
        "backfill",
        "--symbols",
        SYMBOL,
        "--source",
        SOURCE,
        "--from-id",
        str(first),
        "--to-id",
        str(last),
    )
    done = quant(*order, cwd=tmp_path, DATA_DIR=data)
    assert done.returncode == 0, done.stderr
    assert f"{SYMBOL}: " in done.stdout
    assert "Bars built for " in done.stdout
    assert ids_between(data, first, last) == list(range(first, last + 1))
    store = Store(data)
    ticks = store.ticks(MARKET, SYMBOL, after_id=first - 1, limit=2_000)
    bars = store.bars(MARKET, SYMBOL, "1s", start=int(ticks.ts_event.min()) // DAY_NS * DAY_NS)
    inside = bars.times > int(ticks.ts_event.min())
    inside &= bars.times + 10**9 <= int(ticks.ts_event.max())
    assert inside.any()
    assert not (bars.qualities[inside] == Quality.GAP).any()
    again = quant(*order, cwd=tmp_path, DATA_DIR=data)
    assert f"{SYMBOL}: no id is missing" in again.stdout


def test_a_running_server_fetches_itself(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with server_process(tmp_path, "--symbols", SYMBOL, SOURCE=SOURCE) as server:
        line = newest(server)
        oldest = int(server.client.get(f"/data/{SYMBOL}/ticks", limit=1000)["items"][0]["id"])
        first, last = oldest - 1_500, oldest - 1
        done = quant(
            "backfill", "--symbols", SYMBOL, "--from-id", str(first), "--to-id", str(last),
            cwd=tmp_path, DATA_DIR=data,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert ids_between(data, first, last) == list(range(first, last + 1))
        job = server.client.get("/backfill")["items"][0]
        assert (job["state"], job["errors"]) == ("done", [])
        assert newest(server)["last_id"] >= line["last_id"]
        assert server.end() == 0


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--symbols", "NOPE", "--from-id", "1", "--to-id", "2"], "NOPE"),
        (["--symbols", "A,B", "--from-id", "1", "--to-id", "2"], "from_id"),
        (["--symbols", "BTCUSDT", "--from-id", "1"], "to_id"),
        (["--symbols", "BTCUSDT", "--from-id", "9", "--to-id", "2"], "9 to 2"),
        (["--symbols", "BTCUSDT", "--start", "yesterday"], "yesterday"),
        (["--symbols", " , "], "symbols"),
    ],
)
def test_orders_that_make_no_sense_are_one_sentence(tmp_path: Path, arguments: list[str], named: str) -> None:
    done = quant(
        "backfill", *arguments, cwd=tmp_path, SOURCE=SOURCE, DATA_DIR=tmp_path / "data", LOG_LEVEL="error"
    )
    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr
