"""/ws: topics in, numbered messages out. Frames are encoded once, a client that does not read is closed."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from quant import __version__
from quant.api import scans, views
from quant.api import schemas as wire
from quant.api.alerts import alerts_message
from quant.api.allowances import Allowances, weight_of
from quant.api.ready_frames import EXTENSION, Write, text_frame
from quant.api.security import entry_of, refuse
from quant.api.sockets import OpenSockets
from quant.clock import NS_PER_MS
from quant.engine.protocol import AlertsView, Engine, Frame, ScanView
from quant.errors import QuantError, TooManyRequests

log = structlog.get_logger()

router = APIRouter()
MAX_TOPICS = 256
MAX_COMMAND_BYTES = 1 << 16
"""As `quant serve` has it from the WebSocket's frames; other servers around the application take more."""

Pay = Callable[[int], None]
"""Counts a command's weight against the caller's allowance; raises TooManyRequests."""

NOT_READING, TOO_MANY, TOO_BIG, SIGNED_OUT = 1008, 1008, 1009, 4401
MOST_REFUSED = 100
"""How many commands in a row may be beyond the allowance, before the socket is closed."""

SEND_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 1.0


@router.websocket("/ws")
async def socket(websocket: WebSocket) -> None:
    """Serve one client for as long as it may stay; one too many is refused."""
    entry = entry_of(websocket)
    sockets: OpenSockets = websocket.app.state.sockets
    with contextlib.ExitStack() as stack:
        try:
            ended = stack.enter_context(sockets.admitted(entry.known, entry.key))
        except QuantError as error:
            log.warning("ws.too_many", reason=error.message, client=entry.address)
            await refuse(error, websocket.scope, websocket.receive, websocket.send)
            return
        allowances: Allowances = websocket.app.state.allowances
        await _serve(websocket, ended, partial(allowances.take, entry.caller, entry.key))


async def _serve(websocket: WebSocket, ended: "asyncio.Future[str]", pay: Pay) -> None:
    """Run two tasks, one that sends what is new and one that reads commands, until either or `ended` is done."""
    engine: Engine = websocket.app.state.engine
    await websocket.accept()
    hello = wire.Hello(
        type="hello", session=engine.session, version=__version__, market=engine.market, time=_now()
    )
    await websocket.send_text(hello.model_dump_json())
    client = _Client(websocket, engine, pay)
    tasks = [asyncio.create_task(client.send_frames()), asyncio.create_task(client.read_commands())]
    awaited: list[asyncio.Future[Any]] = [*tasks, ended]  # Any: their results differ
    try:
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
    finally:
        client.subscription.close()
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    if ended.done():
        log.info("ws.signed_out", reason=ended.result())
        await _close(websocket, SIGNED_OUT, ended.result())
    for error in results:
        if isinstance(error, TimeoutError):
            log.warning("ws.evicted", reason=f"did not read for {SEND_TIMEOUT_S:.0f} s")
            await _close(websocket, NOT_READING, "not reading")
        elif isinstance(error, _TooManyRefused):
            log.warning("ws.flooded", reason=f"{MOST_REFUSED} commands in a row were beyond the allowance")
            await _close(websocket, TOO_MANY, "too many commands")
        elif isinstance(error, _TooLong):
            await _close(websocket, TOO_BIG, f"a command has at most {MAX_COMMAND_BYTES} bytes")
        elif isinstance(error, Exception) and not isinstance(error, WebSocketDisconnect | RuntimeError):
            raise error  # our own mistake; the two kinds that are not mean that the client has left


class _TooLong(Exception):
    """A command of more bytes than are read."""


class _TooManyRefused(Exception):
    """A client that goes on although its allowance is used up."""


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    """Say why to a client, which one that does not read may never hear: the end of the handler closes it anyhow."""
    with contextlib.suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await websocket.close(code, reason)


def _now() -> int:
    return time.time_ns() // NS_PER_MS


async def encode(frame: Frame) -> bytes:
    """Return the frame's text, made once for all clients; a matrix takes a thread of its own."""
    view = frame.view
    if frame.encoded is not None or not isinstance(view, ScanView):
        return encode_at_once(frame)
    making = _making.get(id(frame))
    if making is None:
        making = _making[id(frame)] = asyncio.ensure_future(scans.matrix_message(frame, view))
        making.add_done_callback(lambda _: _making.pop(id(frame)))  # it keeps the frame, and so its id
    frame.encoded = await asyncio.shield(making)
    return frame.encoded


def encode_at_once(frame: Frame) -> bytes:
    """Return the text of a frame other than a matrix, made once for all clients."""
    if frame.encoded is None:
        view = frame.view
        message = alerts_message(frame, view) if isinstance(view, AlertsView) else views.message(frame)
        frame.encoded = message.model_dump_json().encode()
    return frame.encoded


_making: dict[int, asyncio.Future[bytes]] = {}


class _Client:
    def __init__(self, websocket: WebSocket, engine: Engine, pay: Pay) -> None:
        self._websocket = websocket
        self._engine = engine
        self._pay = pay
        self._write: Write | None = websocket.scope.get("extensions", {}).get(EXTENSION)
        self._topics: set[str] = set()
        self._refused = 0  # commands in a row, for want of an allowance
        self._writing = asyncio.Lock()
        self.subscription = engine.subscribe(self.offer)

    def offer(self, frame: Frame) -> bool:
        """Write a frame past the server's own way, which costs a task's turn; False where it has to go that way."""
        # Whoever waits for the client to read goes first.
        if self._write is None or self._writing.locked():
            return False
        if frame.framed is None:
            if frame.encoded is None and isinstance(frame.view, ScanView):
                return False
            frame.framed = text_frame(encode_at_once(frame))
        return self._write(frame.framed)

    async def send_frames(self) -> None:
        """Send what cannot be written at once; raises TimeoutError when the client does not read."""
        async for frames in self.subscription.frames():
            for frame in frames:
                text = await encode(frame)
                if not self.offer(frame):
                    await self._send(text.decode())

    async def _send(self, text: str) -> None:
        async with self._writing, asyncio.timeout(SEND_TIMEOUT_S):
            await self._websocket.send_text(text)

    async def read_commands(self) -> None:
        """Obey commands until the client leaves."""
        while True:
            await asyncio.sleep(0)  # messages that wait already are had without a turn for anybody else
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            if len(text or message.get("bytes") or "") > MAX_COMMAND_BYTES:
                raise _TooLong
            if text is not None:
                await self._obey(text)
            elif await self._may(1):
                await self._refuse("binary_frame", "commands are JSON text", topic=None)

    async def _obey(self, text: str) -> None:
        try:
            command = wire.Command.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "command"
            if await self._may(1):
                await self._refuse("invalid_command", f"{where[:100]}: {first['msg']}", topic=None)
            return
        match command.op:
            case "ping" if await self._may(1):
                await self._send(wire.Pong(type="pong", time=_now()).model_dump_json())
            case "subscribe" if await self._may(max(len(command.topics), 1), command.topics):
                done = [topic for topic in command.topics if await self._add(topic)]
                await self._acknowledge("subscribe", done)
            case "unsubscribe":  # obeyed in any case: it only makes less to do
                for topic in command.topics:
                    self._topics.discard(topic)
                    self.subscription.remove(topic)
                if await self._may(1):
                    await self._acknowledge("unsubscribe", command.topics)

    async def _may(self, cost: int, topics: Sequence[str] = ()) -> bool:
        """Count a command; False where the caller's allowance has no room for it, which is told, for each topic."""
        try:
            self._pay(cost)
        except TooManyRequests as error:
            self._refused += 1
            if self._refused > MOST_REFUSED:
                raise _TooManyRefused from None
            for topic in topics or (None,):
                await self._refuse(error.code, error.message, topic=topic)
            return False
        self._refused = 0
        return True

    async def _add(self, topic: str) -> bool:
        try:
            if len(self._topics | {topic}) > MAX_TOPICS:
                await self._refuse("too_many_topics", f"at most {MAX_TOPICS} topics a socket", topic=topic)
                return False
            self._pay(weight_of(self._engine.seconds_to_follow(topic)) - 1)  # 1 is paid for each topic
            self.subscription.add(topic)
        except QuantError as error:
            await self._refuse(error.code, error.message, topic=topic)
            return False
        self._topics.add(topic)
        return True

    async def _acknowledge(self, op: Any, topics: list[str]) -> None:  # Any: one of Ack's two words
        if topics:
            await self._send(wire.Ack(type="ack", op=op, topics=topics, time=_now()).model_dump_json())

    async def _refuse(self, code: str, detail: str, *, topic: str | None) -> None:
        error = wire.SocketError(type="error", code=code, detail=detail, topic=topic, time=_now())
        await self._send(error.model_dump_json())
