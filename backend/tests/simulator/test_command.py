"""The exchange as a process: one line when ready, a clear sentence when it cannot start, a prompt end."""

import asyncio
import gc
import json
import math
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from quant.errors import InvalidParameter
from quant.simulator import SimConfig, main, running

COMMAND = [sys.executable, "-m", "quant.simulator", "--seed", "5"]
PATIENCE_S = 60


@contextmanager
def process(*options: str) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """Start the exchange and yield it with the line it announces."""
    pipe = subprocess.PIPE
    with subprocess.Popen([*COMMAND, *options], stdin=pipe, stdout=pipe, stderr=pipe, text=True) as started:
        try:
            assert started.stdout is not None
            yield started, json.loads(started.stdout.readline())
        finally:
            started.kill()


def finish(started: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = started.communicate(timeout=PATIENCE_S)
    return started.returncode, out, err


def test_it_announces_itself_serves_and_ends_on_sigterm(tmp_path: Path) -> None:
    plan = tmp_path / "faults.json"
    plan.write_text('{"seed": 4, "faults": [{"kind": "rest_403", "start_s": 0, "count": 1}]}')
    with process("--speed", "20", "--faults", str(plan)) as (started, line):
        assert set(line) == {"ws", "rest", "seed", "speed", "pid"}
        assert (line["seed"], line["speed"], line["pid"]) == (5, 20.0, started.pid)
        assert re.fullmatch(r"ws://127\.0\.0\.1:[0-9]+", line["ws"])
        truth = httpx.get(line["rest"] + "/simulation/truth", trust_env=False).json()
        assert truth["market"] == "sim-5"
        statuses = [httpx.get(line["rest"] + "/fapi/v1/time", trust_env=False).status_code for _ in range(2)]
        assert statuses == [403, 200]
        faults = httpx.get(line["rest"] + "/simulation/faults", trust_env=False).json()
        assert (faults["seed"], faults["bites"]) == (4, {"rest_403": 1})
        started.send_signal(signal.SIGTERM)
        assert finish(started) == (0, "", "")


def test_it_ends_when_its_stdin_does() -> None:
    with process("--exit-with-parent") as (started, _line):
        assert started.poll() is None
        assert finish(started) == (0, "", "")


@pytest.fixture
def own_process() -> Iterator[None]:
    """Undo what a process of its own may do to its interpreter."""
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)
    gc.unfreeze()


def test_a_taken_port_is_one_sentence(own_process: None, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["--rest-port", port]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert port in told.err
    assert "in use" in told.err


def test_a_taken_websocket_port_is_the_same_error() -> None:
    async def start(port: int) -> None:
        async with running(SimConfig(ws_port=port)):
            pytest.fail("two servers on one port")

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        asyncio.run(start(taken.getsockname()[1]))


def test_an_impossible_speed_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--speed=-1"]) == 1
    assert capsys.readouterr().err.startswith("quant simulate: speed: -1.0 ")
    for speed in (0.0, -1.0, 1e9, math.nan, math.inf):
        with pytest.raises(InvalidParameter, match="speed"):
            SimConfig(speed=speed)


@pytest.mark.parametrize(
    ("text", "offender"),
    [
        (None, "--faults: cannot read "),
        ("{", "faults: not JSON"),
        ('{"faults": [{}]}', "faults[0].kind: None "),
    ],
)
def test_a_plan_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, offender: str
) -> None:
    plan = tmp_path / "faults.json"
    if text is not None:
        plan.write_text(text)
    assert main(["--faults", str(plan)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"quant simulate: {offender}")
    assert told.err.count("\n") == 1


def test_the_market_has_no_time_before_it_opened() -> None:
    with pytest.raises(InvalidParameter, match="start_ns"):
        SimConfig(start_ns=0)
