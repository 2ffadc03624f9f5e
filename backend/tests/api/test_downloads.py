"""A file on its way gives its slot back, however it ends."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from starlette.types import Message
from structlog.testing import capture_logs

from quant.api import downloads
from quant.api.downloads import ExportSlots, download

SCOPE: dict[str, Any] = {"type": "http", "path": "/export", "asgi": {"spec_version": "2.3"}}


@pytest.mark.parametrize("spec_version", ["2.3", "2.4"])
def test_who_reads_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch, spec_version: str) -> None:
    monkeypatch.setattr(downloads, "UNREAD_S", 0.05)
    slots, sent, closed = ExportSlots(1), [], []

    async def chunks() -> AsyncGenerator[bytes]:
        try:
            while True:
                yield b"row\n"
        finally:
            closed.append(True)

    async def send(message: Message) -> None:
        sent.append(message["type"])
        if len(sent) == 3:  # head, beginning, and then the client's buffers are full
            await asyncio.Event().wait()

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def scene() -> None:
        with slots.taken():
            answer = await download(chunks(), slots, media_type="text/csv", headers={})
        await answer(SCOPE | {"asgi": {"spec_version": spec_version}}, receive, send)

    with capture_logs() as lines:
        asyncio.run(scene())
    assert sent == ["http.response.start", "http.response.body", "http.response.body"]
    assert closed == [True]
    assert [line["event"] for line in lines] == ["download.unread"]
    slots.take()  # there is one again
