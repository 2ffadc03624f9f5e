"""Processes that carry out orders one by one, and can be killed: an exchange in one, the platform in another."""

import asyncio
import contextlib
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

import uvloop

from forked import CONTEXT, start

PATIENCE_S = 120.0  # a bound for what hangs, never waited for


class WorkerFailed(Exception):
    """A worker raised, hung or died; the message says which, with its own traceback."""


class Worker:
    """One process. Its orders are the coroutine methods of the object that `make` builds inside it.

    What that object reports of itself can be read from `reports`, also after its end.
    """

    def __init__(self, name: str, make: Callable[..., object], *arguments: object) -> None:
        self.name = name
        self._pipe, theirs = CONTEXT.Pipe()
        self.reports, reporting = CONTEXT.Pipe(duplex=False)
        self._process = CONTEXT.Process(
            target=_obey, args=(make, arguments, theirs, reporting), name=name, daemon=True
        )
        start(self._process)
        theirs.close()
        reporting.close()

    def ask(self, order: str, *arguments: object) -> Any:  # an answer's type is that of the method behind it
        """Return the answer to an order; raise WorkerFailed."""
        try:
            self.send(order, *arguments)
            if not self._pipe.poll(PATIENCE_S):
                raise WorkerFailed(f"the {self.name} did not answer {order!r} within {PATIENCE_S:.0f} s")
            done, answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise WorkerFailed(f"the {self.name} died while it was asked to {order}") from error
        if not done:
            raise WorkerFailed(f"the {self.name} failed to {order}:\n{answer}")
        return answer

    def send(self, order: str, *arguments: object) -> None:
        """Give an order without waiting for its answer."""
        self._pipe.send((order, arguments))

    def kill(self) -> None:
        """End the process by kill -9; what it reported before can still be read."""
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def close(self) -> None:
        """End the process, whatever state it is in."""
        with contextlib.suppress(ValueError, OSError):  # it may have been killed before
            self.kill()
        self.reports.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _obey(
    make: Callable[..., object], arguments: tuple[object, ...], orders: Connection, reports: Connection
) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_carry_out(make(reports, *arguments), orders))


async def _carry_out(officer: object, orders: Connection) -> None:
    while True:
        try:
            order, arguments = await asyncio.to_thread(orders.recv)
        except EOFError:
            return
        try:
            answer = (True, await getattr(officer, order)(*arguments))
        except Exception:  # noqa: BLE001  whatever it is, who gave the order shall see it
            answer = (False, traceback.format_exc())
        orders.send(answer)
