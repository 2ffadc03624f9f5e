"""Processes forked from one that has imported everything: each starts in milliseconds, with nothing of a test's own."""

import atexit
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from quant.cli import main
from waiting import PATIENCE_S

CONTEXT = multiprocessing.get_context("forkserver")
_SERVER: list[bool] = []


def start(process: ForkServerProcess) -> None:
    """Start a process of `CONTEXT`; the first one has the process made that all are forked from."""
    if not _SERVER:
        CONTEXT.set_forkserver_preload(["preloaded"])
        with pytest.MonkeyPatch.context() as patch:  # Python 3.11 does not hand its own path on to the server
            patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
            forkserver.ensure_running()
        _SERVER.append(True)
    process.start()


class Command:
    """A `quant` command on its own, to be handled as what `subprocess.Popen` returns. What it prints is appended."""

    def __init__(
        self,
        *arguments: str,
        cwd: Path,
        env: Mapping[str, str],
        stdout: Path,
        stderr: Path,
        stdin: Path = Path(os.devnull),
    ) -> None:
        streams = (stdin.resolve(), stdout.resolve(), stderr.resolve())
        self._process = CONTEXT.Process(target=_run, args=(arguments, cwd.resolve(), dict(env), *streams))
        start(self._process)
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("quant", timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def run(
    *arguments: str, cwd: Path, env: Mapping[str, str], typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a `quant` command to its end."""
    with tempfile.TemporaryDirectory() as made:
        stdin, stdout, stderr = (Path(made, name) for name in ("stdin", "stdout", "stderr"))
        stdin.write_text(typed)
        command = Command(*arguments, cwd=cwd, env=env, stdout=stdout, stderr=stderr, stdin=stdin)
        try:
            code = command.wait(PATIENCE_S)
        finally:
            command.kill()
        return subprocess.CompletedProcess(arguments, code, stdout.read_text(), stderr.read_text())


def _run(
    arguments: tuple[str, ...], cwd: Path, env: dict[str, str], stdin: Path, stdout: Path, stderr: Path
) -> None:
    for number, path in enumerate((stdin, stdout, stderr)):
        how = os.O_WRONLY | os.O_CREAT | os.O_APPEND if number else os.O_RDONLY
        opened = os.open(path, how, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0, closefd=False)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["quant", *arguments]
    try:
        code = main(list(arguments))
    finally:
        atexit._run_exitfuncs()  # what ends a process that was not forked
    sys.exit(code)
