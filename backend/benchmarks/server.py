"""A real server in a process of its own, for what is measured from outside."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

PATIENCE_S = 120.0


class Server:
    """`quant serve` with its data in a folder, and other settings by name."""

    def __init__(self, data: Path, **settings: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._environment = os.environ | {
            "DATA_DIR": str(data),
            "PORT": str(self._port),
            "LOG_LEVEL": "error",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def ask(self, path: str, body: object = None) -> Any:  # JSON of any shape
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = Request(self.url + path, data, headers)  # noqa: S310  loopback
        with urlopen(request, timeout=10) as answer:  # noqa: S310  loopback
            return json.load(answer)

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/ws"

    def start(self, *, path: str = "/readyz") -> float:
        """Start, and return the seconds until it answers at the path: until it is ready."""
        began = time.perf_counter()
        command = [sys.executable, "-m", "quant.cli", "serve"]
        self._process = subprocess.Popen(command, env=self._environment, stdout=subprocess.DEVNULL)
        try:
            self.wait_until(lambda: bool(self.ask(path)))
        except BaseException:  # nobody else knows of the process yet
            self.kill()
            raise
        return time.perf_counter() - began

    def wait_full(self, symbols: Sequence[str], *, ticks: int) -> None:
        """Return once every symbol delivers and holds so many ticks."""

        def all_there() -> bool:
            status = self.ask("/stream/status")
            lines = {line["symbol"]: line for line in status["symbols"]}
            return all(name in lines and lines[name]["ticks"] >= ticks for name in symbols)

        self.wait_until(all_there)

    def resident_mb(self) -> float:
        """Return the server's own memory; Linux tells it."""
        assert self._process is not None
        lines = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024

    def cpu_s(self) -> float:
        """Return the processor time that the server has taken, of all its threads; Linux tells it."""
        assert self._process is not None
        fields = (
            Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        )
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def freeze(self) -> None:
        """Let the process stand still, with its connections open, until `thaw`; POSIX only."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Return once it is done; what fails meanwhile is not done."""
        until = time.perf_counter() + PATIENCE_S
        while time.perf_counter() < until:
            try:
                if done():
                    return
            except (URLError, OSError):
                pass
            time.sleep(0.01)
        raise TimeoutError("the server did not come up")
