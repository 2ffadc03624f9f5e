"""`quant import` as a user meets it: alone, cut short and taken up again, beside a running server."""

import random
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from archives import DAY_MS, MARCH_MS, day_of_trades, write_agg_trades
from quant.domain import Quality
from quant.storage.store import Store
from recorded import Trade
from serving import environment, free_port, quant, server_process
from waiting import PATIENCE_S

NAME = "BTCUSDT-aggTrades-2025-03-01.zip"
MARKET = "binance-um"


@pytest.fixture(scope="module")
def trades() -> list[Trade]:
    return day_of_trades(seed=8, day_ms=MARCH_MS, every_ms=500, first_id=100)


@pytest.fixture(scope="module")
def archive(trades: list[Trade], tmp_path_factory: pytest.TempPathFactory) -> Path:
    kept = trades[:20_000] + trades[20_025:]
    return write_agg_trades(tmp_path_factory.mktemp("made") / NAME, kept, checksum=True)


def stored_ids(folder: Path) -> list[int]:
    return Store(folder).ticks(MARKET, "BTCUSDT").ids.tolist()


def whole(trades: list[Trade]) -> list[int]:
    return [trade.id for trade in trades[:20_000] + trades[20_025:]]


def test_a_file_is_imported_and_its_holes_are_told(
    tmp_path: Path, archive: Path, trades: list[Trade]
) -> None:
    done = quant("import", str(archive), cwd=tmp_path, DATA_DIR=tmp_path / "data")
    assert done.returncode == 0, done.stderr
    first, last = trades[20_000].id, trades[20_024].id
    assert f"{NAME}: {len(trades) - 25:,} trades of BTCUSDT in binance-um, checksum verified" in done.stdout
    assert f"1 hole, 25 ids missing: {first} to {last}" in done.stdout
    assert "Bars built for 1 day." in done.stdout
    assert re.search(r"^\[[#-]{24}\] +\d+%", done.stderr, re.MULTILINE)
    assert stored_ids(tmp_path / "data") == whole(trades)
    bars = Store(tmp_path / "data").bars(MARKET, "BTCUSDT", "1m")
    assert len(bars) == 1440
    assert (bars.qualities == Quality.GAP).any()


def test_an_import_killed_anywhere_is_taken_up_by_the_same_line(
    tmp_path: Path, archive: Path, trades: list[Trade]
) -> None:
    dice, data = random.Random(4), tmp_path / "data"
    command = [sys.executable, "-m", "quant.cli", "import", str(archive)]
    killed = 0
    for number in (signal.SIGKILL, signal.SIGINT, signal.SIGKILL, signal.SIGKILL):
        with subprocess.Popen(
            command,
            cwd=tmp_path,
            env=environment(DATA_DIR=data),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as started:
            assert started.stderr is not None
            lines = dice.randrange(1, 4)  # in the middle of checking, of reading, of building bars
            for _ in range(lines):
                started.stderr.readline()
            started.send_signal(number)
            started.stderr.read()
            code = started.wait(PATIENCE_S)
        killed += code in (-signal.SIGKILL, 130)
    assert killed
    done = quant("import", str(archive), cwd=tmp_path, DATA_DIR=data)
    assert done.returncode == 0, done.stderr
    assert stored_ids(data) == whole(trades)
    assert len(Store(data).bars(MARKET, "BTCUSDT", "1m")) == 1440
    assert not list(data.rglob("*.tmp"))


def test_plain_trades_go_to_a_market_of_their_own(tmp_path: Path) -> None:
    lines = "".join(f"{5 + at},1.5,2,3,{MARCH_MS + at},true\n" for at in range(10))
    file = tmp_path / "BTCUSDT-trades-2025-03-01.csv"
    file.write_text("id,price,qty,quote_qty,time,is_buyer_maker\n" + lines)
    done = quant("import", str(file), cwd=tmp_path, DATA_DIR=tmp_path / "data")
    assert done.returncode == 0, done.stderr
    assert Store(tmp_path / "data").markets() == ("binance-um-trades",)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["gone.zip"], "gone.zip"),
        (["--market", "sim-7", "{archive}"], "sim-7"),
        (["--market", "No Such", "{archive}"], "No Such"),
    ],
)
def test_what_cannot_be_imported_is_one_sentence(
    tmp_path: Path, archive: Path, arguments: list[str], named: str
) -> None:
    given = [each.format(archive=archive) for each in arguments]
    done = quant("import", *given, cwd=tmp_path, DATA_DIR=tmp_path / "data")
    assert done.returncode == 2
    assert done.stderr.startswith("quant: ")
    assert named in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_bad_file_holds_up_no_other(tmp_path: Path, archive: Path, trades: list[Trade]) -> None:
    torn = tmp_path / "ETHUSDT-aggTrades-2025-03-01.zip"
    torn.write_bytes(archive.read_bytes()[:-100])
    done = quant("import", str(torn), str(archive), cwd=tmp_path, DATA_DIR=tmp_path / "data")
    assert done.returncode == 2
    assert "quant: ETHUSDT-aggTrades-2025-03-01.zip: is torn" in done.stderr
    assert stored_ids(tmp_path / "data") == whole(trades)


def test_help_shows_lines_to_copy(tmp_path: Path) -> None:
    shown = quant("import", "--help", cwd=tmp_path).stdout
    assert "quant import BTCUSDT-aggTrades-2025-03-01.zip" in shown
    assert "quant backfill --symbols BTCUSDT,ETHUSDT" in quant("backfill", "--help", cwd=tmp_path).stdout


def test_a_running_server_does_the_work(tmp_path: Path, archive: Path, trades: list[Trade]) -> None:
    away = {
        "BINANCE_WS_URL": f"ws://127.0.0.1:{free_port()}",
        "BINANCE_REST_URL": f"http://127.0.0.1:{free_port()}",
    }
    token = "shown-by-the-file"  # noqa: S105
    with server_process(tmp_path, SOURCE="binance", AUTH_TOKEN=token, **away) as server:
        data = tmp_path / "data"
        address = data / "server.json"
        assert stat.S_IMODE(address.stat().st_mode) == 0o600
        done = quant("import", str(archive), cwd=tmp_path, DATA_DIR=data)
        assert done.returncode == 0, done.stderr
        assert "1 hole, 25 ids missing" in done.stdout
        assert "Bars built for 1 day." in done.stdout
        answer = server.client.http.get(
            "/data/BTCUSDT",
            params={"interval": "1m", "start": MARCH_MS, "end": MARCH_MS + DAY_MS, "limit": 4000},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert len(answer.json()["items"]) == 1440
        refused = quant("import", "--symbol", "X", "server.json", cwd=data, DATA_DIR=data)
        assert refused.returncode == 2
        assert "server.json: is none of" in refused.stderr
        assert server.end() == 0
    assert not address.exists()
    assert stored_ids(data) == whole(trades)
