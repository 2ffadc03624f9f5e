"""Live messages of topics, across lost connections and restarts of the server.

Each topic's messages are numbered. What is told here of a topic is a snapshot, then updates that follow it one by one:
after a connection was lost the first is a snapshot again, unless nothing has changed since the last message.
"""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from quant.client.problems import named
from quant.errors import QuantError, Unavailable

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 10.0
OPEN_WITHIN_S = 10.0
REFUSED = (400, 401, 403, 404)
"""Statuses of a handshake after which another attempt gets the same answer."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a topic says: `data` as in the API's schemas, whole in a snapshot, what is new in an update."""

    kind: Literal["snapshot", "update"]
    topic: str
    seq: int
    time: int  # ms
    data: dict[str, Any]


class Follower:
    """Which number of each topic was told last; a server that was restarted counts afresh."""

    def __init__(self) -> None:
        self._session: str | None = None
        self._told: dict[str, int] = {}

    def greet(self, session: str) -> None:
        """Take note of the server's session, which changes with every start of it."""
        if session != self._session:
            self._told.clear()
        self._session = session

    def take(self, message: Message) -> bool:
        """Tell whether the message is news; raise Unavailable where one before it was missed."""
        before = self._told.get(message.topic)
        if message.kind == "update" and before != message.seq - 1:
            raise Unavailable(f"{message.topic}: message {message.seq} follows {before}")
        self._told[message.topic] = message.seq
        return message.kind == "update" or message.seq != before


async def messages(url: str, headers: dict[str, str], topics: Sequence[str]) -> AsyncGenerator[Message]:
    """Yield what the topics say until the caller stops; a lost connection is made again.

    What the server cannot answer yet is asked for again. Raises its error for a topic that there is not, Unavailable
    where it refuses the connection for good.
    """
    follower, pause_s = Follower(), FIRST_PAUSE_S
    while True:
        try:
            async with connect(
                url, additional_headers=headers, open_timeout=OPEN_WITHIN_S, max_size=None, proxy=None
            ) as socket:
                await socket.send(json.dumps({"op": "subscribe", "topics": list(topics)}))
                async for message in _heard(socket, follower):
                    pause_s = FIRST_PAUSE_S
                    yield message
        except InvalidStatus as error:
            if error.response.status_code in REFUSED:
                raise Unavailable(f"{url} answered {error.response.status_code}") from error
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed, _NotYet):
            pass
        await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311  a spread, no secret
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


class _NotYet(Exception):
    """A new connection is needed: it begins with snapshots."""


async def _heard(socket: ClientConnection, follower: Follower) -> AsyncGenerator[Message]:
    async for text in socket:
        said = json.loads(text)
        match said["type"]:
            case "hello":
                follower.greet(said["session"])
            case "error" if said["code"] == Unavailable.code:  # it has just started, say
                raise _NotYet
            case "error":
                raise named(said["code"])(said["detail"], topic=said.get("topic"))
            case "snapshot" | "update" as kind:
                message = Message(kind, said["topic"], said["seq"], said["time"], said["data"])
                try:
                    is_news = follower.take(message)
                except QuantError as error:
                    raise _NotYet from error
                if is_news:
                    yield message
