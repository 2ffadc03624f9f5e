"""The simulated exchange as a child process: started, asked for its truth, ended with us."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process

import httpx
import msgspec

from quant.engine.protocol import TruePairView, TruthView
from quant.errors import ExchangeUnreachable

START_TIMEOUT_S = 120.0  # a cold compiler cache takes half a minute
STOP_TIMEOUT_S = 1.0  # it has nothing to lose: the same seed makes the same market again


class Addresses(msgspec.Struct, frozen=True):
    """Where the child listens; it prints this as one line when it is ready."""

    ws: str
    rest: str


class _Truth(msgspec.Struct, frozen=True):
    seed: int
    pairs: list[TruePairView]


class SimulatedExchange:
    """At most one child at a time. The child ends by itself when its standard input closes, so none is orphaned."""

    def __init__(self, *, seed: int, speed: float) -> None:
        self._options = ["--seed", str(seed), "--speed", f"{speed:g}", "--exit-with-parent"]
        self._process: Process | None = None
        self._addresses: Addresses | None = None

    async def start(self) -> Addresses:
        """Start the child and return where it listens; raise ExchangeUnreachable when it does not come up."""
        command = [sys.executable, "-m", "quant.simulator", *self._options]
        process = self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        assert process.stdout is not None  # noqa: S101  PIPE was asked for
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                line = await process.stdout.readline()
            self._addresses = msgspec.json.decode(line, type=Addresses)
        except TimeoutError as error:
            await self.stop()
            raise ExchangeUnreachable("the simulated exchange did not start in time") from error
        except msgspec.DecodeError as error:
            await self.stop()
            raise ExchangeUnreachable("the simulated exchange did not start; its log says why") from error
        return self._addresses

    async def wait(self) -> int:
        """Return the child's exit code once it has ended."""
        return -1 if self._process is None else await self._process.wait()

    async def truth(self, market: str) -> TruthView:
        """Return what the market is made of."""
        if self._addresses is None:
            raise ExchangeUnreachable("the simulated exchange is starting")
        try:
            async with httpx.AsyncClient() as client:
                answer = await client.get(f"{self._addresses.rest}/simulation/truth")
        except httpx.HTTPError as error:
            raise ExchangeUnreachable(f"the simulated exchange does not answer: {error}") from error
        truth = msgspec.json.decode(answer.content, type=_Truth)
        return TruthView(market, truth.seed, tuple(truth.pairs))

    async def stop(self) -> None:
        """End the child, by force after a grace period."""
        process, self._process, self._addresses = self._process, None, None
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
