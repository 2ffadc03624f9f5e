"""Starting other programs: one after the other, side by side, or in our place."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tooling.errors import CommandFailed

Word = str | Path
Words = Sequence[Word]
GRACE_S = 10


def call(command: Words, *, cwd: Path | None = None, extra: Mapping[str, str] | None = None) -> None:
    """Run a command in the foreground, with `extra` environment; raise CommandFailed unless it ends well."""
    words = [str(word) for word in command]
    sys.stdout.flush()  # or our own lines come after the command's in a log
    status = subprocess.run(words, cwd=cwd, env={**os.environ, **(extra or {})}, check=False).returncode
    if status:
        raise CommandFailed(words, status=status)


def output(command: Words, *, cwd: Path | None = None) -> str:
    """Return what a command prints; raise CommandFailed unless it ends well."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise CommandFailed(words, status=done.returncode)
    return done.stdout


def become(command: Words) -> int:
    """Hand this process over to `command`; on Windows, which cannot, wait for it and return its status."""
    words = [str(word) for word in command]
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(words[0], words)  # noqa: S606 - signals must reach the server itself, not a shell
    return run_together([(words, None)])


def run_together(commands: Sequence[tuple[Words, Path | None]]) -> int:
    """Run (command, folder) side by side until one ends, then end the others; return that one's status."""
    running: list[subprocess.Popen[bytes]] = []
    try:
        for command, folder in commands:
            running.append(subprocess.Popen([str(word) for word in command], cwd=folder))
        while True:
            for process in running:
                if process.poll() is not None:
                    return process.returncode
            time.sleep(0.2)
    finally:
        end(running)


def end(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask every process to stop; kill those that have not after GRACE_S seconds."""
    for process in running:
        if process.poll() is None:
            process.terminate()
    for process in running:
        try:
            process.wait(timeout=GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
