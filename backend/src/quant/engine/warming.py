"""Kernels that are not in the cache are compiled in a child process, so that this one answers meanwhile.

Compiling holds the interpreter for half a minute. Nothing that needs a kernel starts before it is done.
"""

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable

import structlog

from quant.kernel import is_cache_warm

log = structlog.get_logger()

OnProgress = Callable[[str], None]


class Warming:
    """One compilation at most; `reason` is a sentence while it runs."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._done = asyncio.Event()
        self._process: Process | None = None

    async def run(self, on_progress: OnProgress) -> None:
        """Return when every kernel is in the cache; a child that fails leaves them to be compiled as they are used."""
        try:
            if not is_cache_warm():
                await self._compile(on_progress)
        finally:
            self.reason = None
            self._done.set()

    async def wait(self) -> None:
        """Return once nothing is left to be compiled."""
        await self._done.wait()

    async def _compile(self, on_progress: OnProgress) -> None:
        self._tell("compiling", on_progress)
        command = [sys.executable, "-m", "quant.cli", "warm", "--progress"]
        process = self._process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
        assert process.stdout is not None  # noqa: S101  PIPE was asked for
        try:
            async for line in process.stdout:
                done, of = line.split()
                self._tell(f"compiling {int(done)} of {int(of)}", on_progress)
            code = await process.wait()
        finally:
            await self._end(process)
        if code:
            log.error("kernels.not_compiled", exit_code=code)

    def _tell(self, reason: str, on_progress: OnProgress) -> None:
        self.reason = reason
        on_progress(reason)

    async def _end(self, process: Process) -> None:
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()  # what it has compiled so far is in the cache
        await process.wait()
