"""Files that are made while they are sent: how many at once, and that nothing of one stays, however it ends."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import structlog
from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from quant.errors import Unavailable

log = structlog.get_logger()

T = TypeVar("T")
UNREAD_S = 60.0
"""How long a client may read nothing of its file before it is given up: it holds a slot that others wait for."""


class ExportSlots:
    """How many exports may be made or sent at once: each holds some pages and keeps a thread busy."""

    def __init__(self, count: int = 4) -> None:
        self._count = count
        self._taken = 0

    def take(self) -> None:
        """Take a slot; raise Unavailable where there is none."""
        if self._taken >= self._count:
            raise Unavailable(
                f"{self._taken} exports are running already: ask again when one has ended", limit=self._count
            )
        self._taken += 1

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take a slot, and give it back where the block fails: what it makes does so when it has been sent."""
        self.take()
        try:
            yield
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        self._taken -= 1


async def download(
    chunks: AsyncGenerator[bytes], slots: ExportSlots, *, media_type: str, headers: Mapping[str, str]
) -> StreamingResponse:
    """Return the file of these chunks once its beginning is made: what hinders that is told with its status.

    The slot that it has is given back when it has been sent.
    """
    beginning = await anext(chunks)
    return _Download(after(beginning, chunks), chunks, slots, media_type=media_type, headers=headers)


async def after(beginning: T, rest: AsyncIterator[T]) -> AsyncIterator[T]:
    """Yield the beginning, then the rest."""
    yield beginning
    async for each in rest:
        yield each


class _Unread(Exception):
    """The client has stopped reading."""


class _Download(StreamingResponse):
    """A file on its way; gives its slot back and closes what makes it, however it ends."""

    def __init__(
        self,
        content: AsyncIterator[bytes],
        made_by: AsyncGenerator[bytes],
        slots: ExportSlots,
        *,
        media_type: str,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(content, media_type=media_type, headers=headers)
        self._made_by = made_by
        self._slots = slots

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            try:
                async with asyncio.timeout(UNREAD_S):
                    await send(message)
            except TimeoutError:
                raise _Unread from None

        try:
            await super().__call__(scope, receive, send_in_time)
        except _Unread:  # returning with half an answer sent makes the server close the connection
            log.warning(
                "download.unread", reason=f"nothing was read for {UNREAD_S:.0f} s", path=scope["path"]
            )
        finally:
            self._slots.release()
            await self._made_by.aclose()
