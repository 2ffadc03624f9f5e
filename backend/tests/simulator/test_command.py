"""The exchange as a process: one line when ready, a clear sentence when it cannot start, a prompt end."""

import asyncio
import json
import math
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from quant.errors import InvalidParameter
from quant.simulator import SimConfig, running

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


def test_it_announces_itself_serves_and_ends_on_sigterm() -> None:
    with process("--speed", "20") as (started, line):
        assert set(line) == {"ws", "rest", "seed", "speed", "pid"}
        assert (line["seed"], line["speed"], line["pid"]) == (5, 20.0, started.pid)
        assert re.fullmatch(r"ws://127\.0\.0\.1:[0-9]+", line["ws"])
        truth = httpx.get(line["rest"] + "/simulation/truth", trust_env=False).json()
        assert truth["market"] == "sim-5"
        started.send_signal(signal.SIGTERM)
        assert finish(started) == (0, "", "")


def test_it_ends_when_its_stdin_does() -> None:
    with process("--exit-with-parent") as (started, _line):
        assert started.poll() is None
        assert finish(started) == (0, "", "")


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [*COMMAND, "--rest-port", port], capture_output=True, text=True, timeout=PATIENCE_S
        )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1
    assert port in ended.stderr
    assert "in use" in ended.stderr


def test_a_taken_websocket_port_is_the_same_error() -> None:
    async def start(port: int) -> None:
        async with running(SimConfig(ws_port=port)):
            pytest.fail("two servers on one port")

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        asyncio.run(start(taken.getsockname()[1]))


def test_an_impossible_speed_is_named() -> None:
    ended = subprocess.run([*COMMAND, "--speed=-1"], capture_output=True, text=True, timeout=PATIENCE_S)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("quant simulate: speed: -1.0 ")
    for speed in (0.0, -1.0, 1e9, math.nan, math.inf):
        with pytest.raises(InvalidParameter, match="speed"):
            SimConfig(speed=speed)


def test_the_market_has_no_time_before_it_opened() -> None:
    with pytest.raises(InvalidParameter, match="start_ns"):
        SimConfig(start_ns=0)
