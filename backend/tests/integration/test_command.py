"""The `quant` command as a user meets it: what stops a start is one sentence that names the offender."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from quant import __version__
from recorded import made_trades, read_capture, write_recording
from serving import environment, free_port, quant, server_process, serving
from waiting import PATIENCE_S

COMMITTED = Path(__file__).resolve().parents[2] / "openapi.json"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_recording(tmp_path / "made.gz", made_trades(seed=5, minutes=10, start_ms=1_750_000_000_000))


def check_refusal(done: subprocess.CompletedProcess[str], *named: object) -> None:
    """Hold a failed start to its promise: an exit code, and one sentence with every name in it."""
    assert done.returncode not in (0, 1), done.stderr
    sentences = [line for line in done.stderr.splitlines() if not line.startswith("{")]  # logs are JSON
    assert len(sentences) == 1, done.stderr
    assert sentences[0].startswith("quant: ")
    assert "Traceback" not in done.stderr
    for name in named:
        assert str(name) in sentences[0]


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = quant("serve", "--source", "sim", cwd=tmp_path, PORT=port, DATA_DIR=tmp_path / "data")
    check_refusal(done, port, "PORT")
    assert not (tmp_path / "data").exists()


def test_a_data_directory_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = quant("serve", "--source", "sim", cwd=tmp_path, PORT=0, DATA_DIR=tmp_path / "file" / "data")
    check_refusal(done, "DATA_DIR", tmp_path / "file" / "data")


def test_a_second_server_on_one_data_directory(recording: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with server_process(tmp_path, "--source", f"replay:{recording}", DATA_DIR=data) as first:
        done = quant("serve", "--source", "sim", cwd=tmp_path, PORT=free_port(), DATA_DIR=data)
        check_refusal(done, data, first.pid)
        assert first.client.get("/livez")["status"] == "ok"


def test_a_torn_recording(recording: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.gz"
    torn.write_bytes(recording.read_bytes()[:-2_000])
    done = quant("serve", "--source", f"replay:{torn}", cwd=tmp_path, PORT=0, DATA_DIR=tmp_path / "data")
    check_refusal(done, torn)


Case = tuple[list[str], str, list[str]]
# what follows `quant serve`, the text of .env, what the sentence must name
CASES: list[Case] = [
    (["--source", "kraken"], "", ["kraken", "binance", "sim", "replay"]),
    (["--source", "sim:minus"], "", ["sim:minus"]),
    (["--source", "replay:gone.gz"], "", ["gone.gz"]),
    (["--source", "sim", "--speed", "-1"], "", ["SPEED", "-1"]),
    ([], "PORT 8000\n", [".env", "line 1", "PORT 8000"]),
    ([], "SOURCE=sim\nPROT=8000\n", ["line 2", "PROT"]),
    ([], "PORT=eighty\n", ["PORT", "eighty"]),
    ([], "PORT=65536\n", ["PORT", "65536"]),
    ([], "RESAMPLE_INTERVALS=1s,7m\n", ["RESAMPLE_INTERVALS", "7m"]),
    ([], "DATABASE_URL=postgres://x\n", ["DATABASE_URL", "postgres"]),
    ([], "BUS_URL=nats://x\n", ["BUS_URL", "nats"]),
    ([], "LOG_DIR=.env/logs\n", ["LOG_DIR", "logs"]),
    ([], "HOST=0.0.0.0\nDATA_DIR=tokens\n", ["tokens/token"]),
    ([], "HOST=host.that.is.not.there.invalid\n", ["host.that.is.not.there.invalid"]),
]


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Run all cases, each in a folder of its own."""
    runs = []
    for arguments, env_file, _ in CASES:
        folder = tmp_path_factory.mktemp("case")
        (folder / ".env").write_text(env_file)
        (folder / "tokens" / "token").mkdir(parents=True)
        values = {"DATA_DIR": "data", "PORT": "0", "LOG_LEVEL": "error", "SOURCE": "sim"}
        kept = {name: value for name, value in values.items() if name not in env_file}
        environ = environment(**kept)
        runs.append({"arguments": ["serve", *arguments], "cwd": str(folder), "environment": environ})
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parents[1] / "drive_command.py")],
        input=json.dumps(runs),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: str(CASES[number][:2]))
def test_what_else_stops_a_start(refusals: list[dict[str, Any]], number: int) -> None:
    arguments, _, named = CASES[number]
    found = refusals[number]
    check_refusal(subprocess.CompletedProcess(arguments, found["code"], "", found["said"]), *named)


def test_version_and_description(tmp_path: Path) -> None:
    assert quant("--version", cwd=tmp_path).stdout == f"quant {__version__}\n"
    printed = quant("openapi", cwd=tmp_path)
    assert printed.stdout == COMMITTED.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == []


def test_a_recording_plays_as_it_was(tmp_path: Path) -> None:
    """Record the simulated market, and hold the replay against the lines of the file."""
    file = tmp_path / "recorded.gz"
    done = quant(
        "record", "recorded.gz", "--symbols", "btcusdt,ETHUSDT", "--source", "sim:5", "--seconds", "2",
        cwd=tmp_path, DATA_DIR=tmp_path / "data",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    trades = read_capture([file], "aggTrade")
    assert {trade.symbol for trade in trades} == {"BTCUSDT", "ETHUSDT"}

    with serving(tmp_path / "replay", source=f"replay:{file}", speed=0) as server:
        server.client.wait_finished()
        for symbol in ("BTCUSDT", "ETHUSDT"):
            served = server.client.get(f"/data/{symbol}/ticks", limit=10_000)["items"]
            assert [(row["id"], row["time"], row["price"], row["size"]) for row in served] == [
                (trade.id, trade.time_ms, float(trade.price), float(trade.size))
                for trade in trades
                if trade.symbol == symbol
            ]

    again = quant("record", "recorded.gz", "--symbols", "BTCUSDT", "--source", "sim", cwd=tmp_path)
    check_refusal(again, "recorded.gz")


def test_a_recording_that_cannot_begin_leaves_nothing(tmp_path: Path) -> None:
    closed = f"127.0.0.1:{free_port()}"
    done = quant(
        "record", "new.gz", "--symbols", "BTCUSDT", "--source", "binance",
        cwd=tmp_path, BINANCE_REST_URL=f"http://{closed}", BINANCE_WS_URL=f"ws://{closed}",
    )  # fmt: skip
    check_refusal(done, "127.0.0.1")
    assert list(tmp_path.iterdir()) == []


def test_the_exchange_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "quant.cli", "simulate", "--seed", "3"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        addresses = json.loads(started.stdout.readline())
        truth = httpx.get(f"{addresses['rest']}/simulation/truth", trust_env=False).json()
        started.send_signal(signal.SIGTERM)
        assert started.wait(PATIENCE_S) == 0
    assert truth["seed"] == 3
