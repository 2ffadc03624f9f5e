"""The server killed, restarted, and left without a disk: every trade is stored once, or listed as missing."""

import resource
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from quant.storage.journal_reader import JournalReader
from quant.storage.store import JOURNAL_NAME, Store
from serving import Client, ServerProcess, server_process
from waiting import eventually

SYMBOL, MARKET = "BTCUSDT", "sim-7"


def line_of(client: Client, symbol: str = SYMBOL) -> Any:
    lines = [line for line in client.status()["symbols"] if line["symbol"] == symbol]
    return lines[0] if lines else None


def wait_ticks(client: Client, n: int) -> Any:
    def look() -> Any:
        line = line_of(client)
        return line if line and line["ticks"] >= n else None

    return eventually(look, what=f"{n} trades")


def start(server: ServerProcess) -> Client:
    server.client.wait_ready()
    server.client.post("/stream/start", symbols=[SYMBOL])
    return server.client


def wait_whole(client: Client, *, filled: int) -> Any:
    """Return the symbol's line once nothing is missing any more, and `filled` holes were filled."""

    def look() -> Any:
        line = line_of(client)
        gaps = line["gaps"] if line else None
        return line if gaps and gaps["open"] == 0 and gaps["filled"] >= filled else None

    return eventually(look, what="all holes are filled")


def test_a_killed_server_goes_on_where_it_was_and_fetches_what_it_missed(tmp_path: Path) -> None:
    with server_process(tmp_path, SOURCE="sim:7", TICK_BUFFER_SIZE=100_000) as server:
        client = start(server)
        wait_ticks(client, 100)
        eventually(lambda: client.status()["journal"]["committed_rows"] >= 100, what="trades are on the disk")
        server.end(signal.SIGKILL)
    stored = Store(tmp_path / "data").extent(MARKET, SYMBOL)
    assert stored is not None
    with server_process(tmp_path, SOURCE="sim:7", TICK_BUFFER_SIZE=100_000) as server:
        client = server.client
        client.wait_ready()
        wait_ticks(client, 100)  # it streams again by itself
        last = wait_whole(client, filled=1)["last_id"]
        assert last > stored.last_id
        ids = [each["id"] for each in client.get(f"/data/{SYMBOL}/ticks", limit=10_000)["items"]]
        assert ids[0] == stored.first_id
        assert ids == list(range(ids[0], ids[0] + len(ids)))
        assert ids[-1] >= last
        bars = client.get(f"/data/{SYMBOL}", interval="1s", limit=1000)["items"]
        qualities = {bar["quality"] for bar in bars}
        assert "gap" not in qualities
        assert "backfilled" in qualities
        assert max(bar["revision"] for bar in bars) > 0
        server.end()
    ticks = Store(tmp_path / "data").ticks(MARKET, SYMBOL)
    assert ticks.ids.tolist() == list(range(stored.first_id, int(ticks.ids[-1]) + 1))
    assert int(ticks.ids[-1]) >= last, "an orderly end stores all that came"


def test_stopping_and_starting_a_symbol_leaves_no_hole_behind(tmp_path: Path) -> None:
    with server_process(tmp_path, SOURCE="sim:7", TICK_BUFFER_SIZE=100_000) as server:
        client = start(server)
        before = wait_ticks(client, 50)["last_id"]
        client.post("/stream/stop", symbols=[SYMBOL])
        client.post("/stream/start", symbols=["ETHUSDT"])

        def passed() -> bool:
            other = line_of(client, "ETHUSDT")
            return bool(other and other["ticks"] > 30)

        eventually(passed, what="time has passed")
        client.post("/stream/start", symbols=[SYMBOL])
        eventually(lambda: line_of(client)["last_id"] > before + 10, what="it trades again")
        wait_whole(client, filled=0)
        ids = [each["id"] for each in client.get(f"/data/{SYMBOL}/ticks", limit=10_000)["items"]]
        assert ids == list(range(ids[0], ids[0] + len(ids)))
        assert before in ids


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit that can be set from outside")
def test_a_full_disk_stops_nothing_and_is_told(tmp_path: Path) -> None:
    """No file of the server may grow any more: what a full disk does to it."""
    with server_process(tmp_path, SOURCE="sim:7") as server:
        client = start(server)
        wait_ticks(client, 20)
        eventually(lambda: client.status()["journal"]["committed_rows"] > 0, what="trades are on the disk")
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        journal = eventually(
            lambda: client.status()["journal"] if client.status()["journal"]["state"] == "failing" else None,
            what="the journal fails",
        )
        assert "journal.sqlite" in journal["reason"]
        ready = client.http.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["reason"].startswith("trades are not being stored: ")
        wait_ticks(client, line_of(client)["ticks"] + 50)  # ingest and serving go on
        assert client.get(f"/data/{SYMBOL}", interval="1s", limit=10)["items"]
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        eventually(lambda: client.status()["journal"]["state"] == "ok", what="storing goes on by itself")
        client.wait_ready()
        server.end()
    reader = JournalReader(tmp_path / "data" / JOURNAL_NAME)
    ticks = reader.ticks(MARKET, SYMBOL)
    assert ticks.ids.tolist() == list(range(int(ticks.ids[0]), int(ticks.ids[0]) + len(ticks)))
    assert reader.unstored(MARKET, SYMBOL) == ()


def test_a_past_that_cannot_be_read_at_the_start_is_read_later(tmp_path: Path) -> None:
    """Another tool holds the journal's lock while the server starts."""
    journal = tmp_path / "data" / JOURNAL_NAME
    with server_process(tmp_path, SOURCE="sim:7", TICK_BUFFER_SIZE=100_000) as server:
        client = start(server)
        wait_ticks(client, 50)
        server.end()
    first_id = int(JournalReader(journal).ticks(MARKET, SYMBOL).ids[0])
    lock = sqlite3.connect(journal, isolation_level=None)
    lock.execute("PRAGMA locking_mode = EXCLUSIVE")
    lock.execute("BEGIN EXCLUSIVE")
    with server_process(tmp_path, SOURCE="sim:7", TICK_BUFFER_SIZE=100_000) as server:
        client = server.client
        line = eventually(
            lambda: (found := line_of(client)) and found["state"] == "gap" and found["ticks"] > 20 and found,
            what="it streams without its past",
        )
        assert "cannot be read" in line["reason"]
        ready = client.http.get("/readyz")
        assert ready.status_code == 503
        assert "locked" in ready.json()["reason"]
        lock.close()
        client.wait_ready()
        last = wait_whole(client, filled=1)["last_id"]
        ids = [each["id"] for each in client.get(f"/data/{SYMBOL}/ticks", limit=10_000)["items"]]
        assert ids == list(range(first_id, first_id + len(ids)))
        assert ids[-1] >= last
        server.end()
    reader = JournalReader(journal)
    ids = reader.ticks(MARKET, SYMBOL).ids.tolist()
    assert ids == list(range(first_id, first_id + len(ids)))
    assert len(ids) == sum(chunk.rows for chunk in reader.tick_chunks(MARKET, SYMBOL))
