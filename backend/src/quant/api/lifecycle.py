"""Starting, stopping and failing in sentences, not in traces: to what runs the application, and to whoever asks it."""

import asyncio
from abc import ABC, abstractmethod

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quant.api.problems import mistake, problem
from quant.errors import QuantError


class RefusedStart:
    """Tells the server behind which the application runs why it does not start, in our own words where there are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        failed: Message | None = None

        async def sending(message: Message) -> None:
            nonlocal failed
            if message["type"] == "lifespan.startup.failed":
                failed = message  # its text is the trace; the error itself comes after it
            else:
                await send(message)

        try:
            await self._app(scope, receive, sending)
        except QuantError as error:
            if failed is None:
                raise
            await send({**failed, "message": f"quant: {error.message}"})
            raise
        except BaseException:
            if failed is not None:
                await send(failed)
            raise


class _Instead(ABC):
    """Answers a request that ends in an error of one kind, unless an answer to it has begun."""

    _kind: type[BaseException]

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    @abstractmethod
    def _answer(self, request: Request, error: BaseException) -> ASGIApp:
        """Return what answers in place of the application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def sending(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except self._kind as error:
            if has_begun:
                raise
            await self._answer(Request(scope), error)(scope, receive, send)


class CutOff(_Instead):
    """Tells a client whose request has not ended when the server's patience has that it may come again.

    Only the server cancels a request, at its end, and the request's task ends here too.
    """

    _kind = asyncio.CancelledError

    def _answer(self, request: Request, error: BaseException) -> ASGIApp:  # noqa: ARG002  no two cancellations differ
        return problem(
            request,
            status=503,
            title="Not available",
            code="unavailable",
            detail="the server is stopping, and this took too long: ask again in a moment",
        )


class Mistakes(_Instead):
    """Answers what nobody expected to be raised, inside of what gives every answer its headers.

    FastAPI's own handler stands outside of all, where they are no longer added; it is left what comes too late here.
    """

    _kind = Exception

    def _answer(self, request: Request, error: BaseException) -> ASGIApp:
        return mistake(request, error)
