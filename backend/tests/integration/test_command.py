"""The `quant` command as a user meets it: what stops a start is one sentence that names the offender."""

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

import forked
from quant import __version__
from recorded import made_trades, read_capture, write_recording
from serving import environment, free_port, quant, server_process, serving
from waiting import PATIENCE_S

BINANCE = {"BINANCE_WS_URL": "ws", "BINANCE_REST_URL": "http"}

COMMITTED = Path(__file__).resolve().parents[2] / "openapi.json"


@dataclass(frozen=True)
class Case:
    """One call of the command that must fail, the text of its .env, and what its sentence must name."""

    arguments: str
    named: str
    env_file: str = ""
    settings: str = ""


# In all of these, {name} stands for what the fixture below has laid out.
REFUSALS = [
    Case("serve", "PORT {taken_port}", settings="PORT={taken_port}"),
    Case("serve", "DATA_DIR {folder}/plain/data", settings="DATA_DIR={folder}/plain/data"),
    Case("serve", "{owned} {owner}", settings="DATA_DIR={owned}"),
    Case("serve --source kraken", "kraken binance sim replay"),
    Case("serve --source sim:minus", "sim:minus"),
    Case("serve --source replay:gone.gz", "gone.gz"),
    Case("serve --source replay:{torn}", "{torn}"),
    Case("serve --source sim --speed -1", "SPEED -1"),
    Case("serve", ".env line 1: PORT 8000", env_file="PORT 8000"),
    Case("serve", "line 2 PROT", env_file="SOURCE=sim\nPROT=8000"),
    Case("serve", "PORT eighty", env_file="PORT=eighty"),
    Case("serve", "PORT 65536", env_file="PORT=65536"),
    Case("serve", "RESAMPLE_INTERVALS 7m", env_file="RESAMPLE_INTERVALS=1s,7m"),
    Case("serve", "DATABASE_URL postgres", env_file="DATABASE_URL=postgres://x"),
    Case("serve", "BUS_URL nats", env_file="BUS_URL=nats://x"),
    Case("serve", "LOG_DIR plain/logs", env_file="LOG_DIR=plain/logs"),
    Case("serve", "tokens/token", env_file="HOST=0.0.0.0\nDATA_DIR=tokens"),
    Case("serve --host nowhere.invalid", "nowhere.invalid"),
    Case("record plain --symbols BTCUSDT --source sim", "plain exists"),
    Case("record new.gz --symbols BTCUSDT --source replay:{torn}", "source {torn}"),
    Case(
        "record new.gz --symbols BTCUSDT --source binance",
        "127.0.0.1",
        settings="BINANCE_REST_URL=http://127.0.0.1:{closed_port}",
    ),
]
PLAIN = ["--version", "openapi"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Run all cases and the plain commands, each in a folder of its own."""
    base = tmp_path_factory.mktemp("laid_out")
    trades = made_trades(seed=5, minutes=10, start_ms=1_750_000_000_000)
    recording, torn = write_recording(base / "made.gz", trades), base / "torn.gz"
    torn.write_bytes(recording.read_bytes()[:-2_000])
    owned = base / "owned"
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        serving(owned, source=f"replay:{recording}", speed=0),
    ):
        laid_out = {
            "taken_port": taken.getsockname()[1],
            "closed_port": free_port(),
            "owned": owned,
            "owner": os.getpid(),
            "torn": torn,
        }
        orders = [order(case, tmp_path_factory.mktemp("case"), laid_out) for case in REFUSALS]
        for text in PLAIN:
            folder = tmp_path_factory.mktemp("plain")
            orders.append({"arguments": text.split(), "cwd": str(folder), "environment": environment()})
        return [each | _run(each) for each in orders]


def _run(order: dict[str, Any]) -> dict[str, Any]:
    done = forked.run(*order["arguments"], cwd=Path(order["cwd"]), env=order["environment"])
    return {"code": done.returncode, "said": done.stderr, "printed": done.stdout}


def order(case: Case, folder: Path, laid_out: dict[str, Any]) -> dict[str, Any]:
    """Lay out the folder of a case and return how to run it, and what it must name."""
    laid_out = laid_out | {"folder": folder}
    (folder / "plain").write_text("")
    (folder / "tokens" / "token").mkdir(parents=True)
    if case.env_file:
        (folder / ".env").write_text(case.env_file + "\n")
    settings = {"DATA_DIR": "data", "PORT": "0", "LOG_LEVEL": "error", "SOURCE": "sim"}
    settings = {name: value for name, value in settings.items() if name not in case.env_file}
    if case.settings:
        name, _, value = case.settings.format(**laid_out).partition("=")
        settings[name] = value
    return {
        "arguments": case.arguments.format(**laid_out).split(),
        "cwd": str(folder),
        "environment": environment(**settings),
    } | ({"named": case.named.format(**laid_out).split()} if case.named else {})


@pytest.mark.parametrize("number", range(len(REFUSALS)), ids=lambda number: REFUSALS[number].named)
def test_what_stops_a_command_is_one_sentence(runs: list[dict[str, Any]], number: int) -> None:
    run = runs[number]
    sentences = [line for line in run["said"].splitlines() if not line.startswith("{")]  # logs are JSON

    assert run["code"] == 2, run["said"]
    assert "Traceback" not in run["said"]
    assert len(sentences) == 1
    assert sentences[0].startswith("quant: ")
    for name in run["named"]:
        assert name in sentences[0]


def test_a_refused_start_leaves_nothing_behind(runs: list[dict[str, Any]]) -> None:
    for run in runs[: len(REFUSALS)]:
        if run["arguments"][0] == "record":
            assert not (Path(run["cwd"]) / "new.gz").exists()
    port_taken = Path(runs[0]["cwd"])
    assert not (port_taken / "data").exists()


def test_version_and_description(runs: list[dict[str, Any]]) -> None:
    version, description = (run for run in runs[len(REFUSALS) :])
    assert version["printed"] == f"quant {__version__}\n"
    assert description["printed"] == COMMITTED.read_text(encoding="utf-8")
    for run in (version, description):
        assert not run["code"]
        assert list(Path(run["cwd"]).iterdir()) == []


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


def test_a_made_token_is_shown_once_and_logs_in(tmp_path: Path):
    away = {name: f"{scheme}://127.0.0.1:{free_port()}" for name, scheme in BINANCE.items()}
    with server_process(tmp_path, HOST="0.0.0.0", **away) as server:  # noqa: S104  guarded by the token
        first = server.output.read_text()
        token = first.strip().rpartition("/?token=")[2]
        assert (tmp_path / "data" / "token").read_text() == token
        shown = {"Authorization": f"Bearer {token}"}
        assert server.client.http.get("/healthz").status_code == 401
        assert server.client.http.get("/healthz", headers=shown).status_code == 200
        assert server.end() == 0
    with server_process(tmp_path, HOST="0.0.0.0", **away) as server:  # noqa: S104
        again = server.output.read_text()
        assert token not in again
        assert str(tmp_path / "data" / "token") in again


def test_a_configured_token_is_never_printed(tmp_path: Path):
    away = {name: f"{scheme}://127.0.0.1:{free_port()}" for name, scheme in BINANCE.items()}
    with server_process(tmp_path, AUTH_TOKEN="not-to-be-seen", **away) as server:  # noqa: S106
        printed = server.output.read_text() + server.errors.read_text()
    assert "AUTH_TOKEN" in printed
    assert "not-to-be-seen" not in printed
