"""No request's body fills the memory: what is longer than any order of ours is refused, unread where it says so."""

import contextlib

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quant.api.problems import refusal
from quant.api.requests import request_id_of
from quant.errors import TooLarge

MAX_BODY_BYTES = 1 << 20
STREAMED = ("/import",)
"""What is written to the disk as it comes, with bounds of its own."""


class BodyCap:
    """Refuses bodies of more than MAX_BODY_BYTES."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD") or scope["path"] in STREAMED:
            await self._app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "0")
        if told.isdigit() and int(told) > MAX_BODY_BYTES:
            await _refuse(scope, receive, send)
            return
        read, has_begun = 0, False

        async def receiving() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MAX_BODY_BYTES:
                raise _TooLong
            return message

        async def sending(message: Message) -> None:
            nonlocal has_begun
            if read <= MAX_BODY_BYTES or has_begun:
                has_begun = True
                await send(message)  # else it is an answer to our own exception

        with contextlib.suppress(_TooLong):
            await self._app(scope, receiving, sending)
        if read > MAX_BODY_BYTES and not has_begun:
            await _refuse(scope, receive, send)


class _TooLong(Exception):
    """More came than is taken."""


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    error = TooLarge(f"a body has at most {MAX_BODY_BYTES} bytes", limit=MAX_BODY_BYTES)
    await refusal(error, request_id_of(scope))(scope, receive, send)
