"""The real server for a test: in this process on a socket of its own, or as the `quant serve` command."""

import asyncio
import contextlib
import functools
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
import uvicorn
from websockets.sync.client import ClientConnection, connect

import forked
from quant.api.app import build_engine, create_app
from quant.cli import UVICORN
from quant.engine.protocol import Engine
from quant.kernel import is_cache_warm
from quant.settings import Settings
from waiting import PATIENCE_S, eventually

# Settings of the machine that runs the tests must not decide how they end.
COMPILE_S = 600.0

SETTINGS = tuple(name.upper() for name in Settings.model_fields)


def without_access(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop the line of every request: servers in threads would write them between the tests."""
    if event["event"] in ("http.answered", "ws.opened", "ws.closed", "ws.refused"):
        raise structlog.DropEvent
    return event


# One plain line an event: pytest shows it where a test fails. The default draws every local variable of a trace.
structlog.configure(
    processors=[
        without_access,
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
)


@functools.cache
def compile_kernels() -> None:
    """Have the kernels in the cache, as every `make` command does: a server that has to compile is a minute late."""
    if not is_cache_warm():
        subprocess.run([sys.executable, "-m", "quant.cli", "warm"], check=True, timeout=COMPILE_S)


class Client:
    """Asks one server; every answer is parsed, every failure shown with its body."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.origin = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=self.origin, timeout=PATIENCE_S, trust_env=False)

    def get(self, path: str, **params: object) -> Any:  # JSON of any shape
        answer = self.http.get(path, params={name: str(value) for name, value in params.items()})
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def post(self, path: str, **body: object) -> Any:
        answer = self.http.post(path, json=body)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def status(self) -> Any:
        return self.get("/stream/status")

    def is_ready(self) -> bool:
        return self.http.get("/readyz").status_code == 200

    def wait_ready(self) -> None:
        eventually(self.is_ready, what="the source is ready")

    def wait_finished(self) -> Any:
        """Return the status of a recording that has been played."""

        def look() -> Any:
            status = self.status()
            if status["source_state"] == "failed":
                pytest.fail(status["reason"])
            return status if status["finished"] else None

        return eventually(look, what="the recording has ended")

    def wait_state(self, symbol: str, *states: str) -> Any:
        """Return the symbol's line of the status once it is in one of `states`."""

        def look() -> Any:
            lines = [line for line in self.status()["symbols"] if line["symbol"] == symbol]
            assert lines, "not in the status"
            assert lines[0]["state"] in states, f"{lines[0]['state']}: {lines[0]['reason']}"
            return lines[0]

        return eventually(look, what=f"{symbol} is {' or '.join(states)}")

    def socket(self, **options: Any) -> ClientConnection:
        # With a bounded queue, a client that has stopped reading would wait in vain for the answer to its close.
        options = {"max_queue": None, "max_size": None, "proxy": None} | options
        return connect(f"ws://127.0.0.1:{self.port}/ws", **options)

    def close(self) -> None:
        self.http.close()


class InProcess:
    """An engine behind uvicorn in a thread of this process."""

    def __init__(self, settings: Settings, engine: Engine | None = None) -> None:
        compile_kernels()
        self.engine = engine or build_engine(settings)
        self.app = create_app(self.engine, settings)
        config = uvicorn.Config(self.app, lifespan="on", **UVICORN)
        self._server = uvicorn.Server(config)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._run, name="server")
        self._thread.start()
        self.client = Client(self._listening.getsockname()[1])

    def _run(self) -> None:
        asyncio.run(self._server.serve([self._listening]))

    def stop(self) -> None:
        self.client.close()
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)
        self._listening.close()
        assert not self._thread.is_alive(), "the server did not stop"


@contextlib.contextmanager
def serving(folder: Path, **values: Any) -> Iterator[InProcess]:
    """Run a server in this process with its data in `folder`."""
    server = InProcess(Settings(data_dir=folder, **values))
    try:
        eventually(lambda: server.client.http.get("/livez").status_code == 200, what="the server answers")
        yield server
    finally:
        server.stop()


_ports = (10_000 + at % 20_000 for at in itertools.count(os.getpid() * 101))
"""Below those that the system gives to clients, so that none has one meanwhile; each process begins elsewhere."""


def free_port() -> int:
    """Return a port nobody listens on, another one each time."""
    for port in _ports:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError


def environment(**values: object) -> dict[str, str]:
    """Return the environment of a command: ours without any setting, then `values`."""
    kept = {name: value for name, value in os.environ.items() if name.upper() not in SETTINGS}
    return kept | {name: str(value) for name, value in values.items()}


def quant(*arguments: str, cwd: Path, typed: str = "", **values: object) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return forked.run(*arguments, cwd=cwd, env=environment(**values), typed=typed)


class ServerProcess:
    """`quant serve` in a process of its own; what it prints goes to files beside the data."""

    def __init__(self, folder: Path, *arguments: str, is_forked: bool = True, **values: object) -> None:
        compile_kernels()
        folder.mkdir(parents=True, exist_ok=True)
        self.client = Client(int(str(values.setdefault("PORT", free_port()))))
        self.errors = folder / "stderr.log"
        self.output = folder / "stdout.log"
        self.output.write_bytes(b"")
        self.errors.touch()
        env = environment(**{"DATA_DIR": folder / "data", "LOG_LEVEL": "warning"} | values)
        self.process: forked.Command | subprocess.Popen[bytes]
        if is_forked:
            streams = {"stdout": self.output, "stderr": self.errors}
            self.process = forked.Command("serve", *arguments, cwd=folder, env=env, **streams)
            return
        with self.errors.open("ab") as errors, self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "quant.cli", "serve", *arguments],
                cwd=folder, env=env, stdout=output, stderr=errors,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_alive(self) -> None:
        """Return once the server answers."""

        def look() -> bool:
            assert self.process.poll() is None, self.errors.read_text()[-2000:]
            try:
                return self.client.http.get("/livez").status_code == 200
            except httpx.TransportError:
                return False

        eventually(look, what="the server answers")

    def children(self) -> list[int]:
        """Return the pids of the server's own child processes."""
        listing = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in listing.read_text().split()]

    def end(self, number: signal.Signals = signal.SIGTERM, *, within_s: float = 20.0) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(within_s)

    def close(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def server_process(
    folder: Path, *arguments: str, is_forked: bool = True, **values: object
) -> Iterator[ServerProcess]:
    """Run `quant serve` until the block ends; data stay in `folder`. One that is not forked imports all it needs."""
    server = ServerProcess(folder, *arguments, is_forked=is_forked, **values)
    try:
        server.wait_alive()
        yield server
    finally:
        server.close()


def is_running(pid: int) -> bool:
    """Tell whether a process is there and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
