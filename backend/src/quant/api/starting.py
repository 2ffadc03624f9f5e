"""A start that is refused is one sentence in the log of whatever runs the application, not a trace."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
