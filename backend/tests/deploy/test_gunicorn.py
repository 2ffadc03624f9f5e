"""The production form of many: gunicorn with one worker, and with more of them than a data directory takes."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from listening import Ear
from serving import Client, compile_kernels, environment, free_port, quant
from waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="gunicorn does not run on Windows")


class Gunicorn:
    """gunicorn as the docs have it; what it says goes to a file beside the data."""

    def __init__(self, folder: Path, *, workers: int) -> None:
        compile_kernels()
        self.data = folder / "data"
        self.logs = folder / "logs"
        self.said = folder / "gunicorn.log"
        self.client = Client(free_port())
        command = [
            sys.executable, "-m", "gunicorn", "-w", str(workers), "-b", f"127.0.0.1:{self.client.port}",
            "-k", "uvicorn.workers.UvicornWorker", "quant.api.app:create_app()",
        ]  # fmt: skip
        settings = environment(DATA_DIR=self.data, LOG_DIR=self.logs, SOURCE="sim:5")
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(command, cwd=folder, env=settings, stdout=said, stderr=said)

    def answers(self) -> bool:
        assert self.process.poll() is None, self.said.read_text()
        try:
            return self.client.is_ready()
        except httpx.TransportError:
            return False

    def close(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE_S)


@contextmanager
def gunicorn(folder: Path, *, workers: int) -> Iterator[Gunicorn]:
    running = Gunicorn(folder, workers=workers)
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gunicorn]:
    with gunicorn(tmp_path_factory.mktemp("one"), workers=1) as running:
        eventually(running.answers, what="gunicorn's worker answers")
        yield running


def test_one_worker_serves_everything(one: Gunicorn) -> None:
    one.client.post("/stream/start", symbols=["BTCUSDT"])
    with one.client.socket() as socket:
        ear = Ear(socket)
        ear.say("subscribe", "bars:BTCUSDT:1s")
        ear.hear_type("snapshot")
        ear.hear_type("update")
    eventually(
        lambda: "quant_event_loop_lag_seconds_count 0.0" not in one.client.http.get("/metrics").text,
        what="the loop is measured",
    )


def test_its_logs_are_ours(one: Gunicorn) -> None:
    given = one.client.http.get("/symbols").headers["x-request-id"]

    def look() -> bool:
        lines = (one.logs / "access.log").read_text().splitlines()
        return any(json.loads(line)["request_id"] == given for line in lines)

    eventually(look, what="the request is in the access log")


def test_another_server_on_its_data_is_refused(one: Gunicorn, tmp_path: Path) -> None:
    done = quant("serve", cwd=tmp_path, DATA_DIR=one.data, PORT=0, SOURCE="sim:5", LOG_LEVEL="error")
    assert done.returncode == 2
    (sentence,) = done.stderr.splitlines()
    for part in ("quant: ", str(one.data), (one.data / "engine.lock").read_text(), "DATA_DIR", "Stop"):
        assert part in sentence


def test_a_command_beside_it_is_refused(one: Gunicorn, tmp_path: Path) -> None:
    (tmp_path / "bars.csv").write_text("time,open,high,low,close,volume\n0,1,1,1,1,1\n")
    words = ["import", "bars.csv", "--symbol", "BTCUSDT", "--interval", "1m"]
    done = quant(*words, cwd=tmp_path, DATA_DIR=one.data, LOG_LEVEL="error")
    assert done.returncode == 2, done.stdout
    assert "in use" in done.stderr


def test_four_workers_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with gunicorn(tmp_path, workers=4) as running:
        status = running.process.wait(PATIENCE_S)
        said = running.said.read_text()
    assert status, said
    sentences = [line for line in said.splitlines() if "quant: " in line]
    assert sentences, said
    for part in ("is in use by process", "gunicorn -w 1", str(running.data)):
        assert part in sentences[0]
    assert not re.search(r'File ".*quant/', said), said  # gunicorn's own end is its own affair
    with gunicorn(tmp_path, workers=1) as again:  # nothing is left behind that hinders the right one
        eventually(again.answers, what="one worker answers")


def test_sigterm_ends_it_in_order(tmp_path: Path) -> None:
    with gunicorn(tmp_path, workers=1) as running:
        eventually(running.answers, what="the worker answers")
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE_S) == 0
    assert "Traceback" not in running.said.read_text()
