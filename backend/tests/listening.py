"""A WebSocket client that keeps what it is told, as the dashboard does."""

import json
from collections.abc import Callable
from typing import Any

from websockets.sync.client import ClientConnection

Message = dict[str, Any]

HEARD_WITHIN_S = 60.0  # a bound for what hangs
KEYS: dict[str, Callable[[Message], int]] = {
    "ticks": lambda row: int(row["id"]),
    "bars": lambda row: int(row.get("first_id", row["time"])),
    "quote": lambda row: int(row["time"]) // 1000,  # one row a second
    "funding": lambda row: int(row["time"]) // 1000,
}


class Ear:
    """One socket: commands out, messages in, all of them kept in `heard`."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[Message] = []

    def say(self, op: str, *topics: str) -> None:
        self.socket.send(json.dumps({"op": op, "topics": list(topics)} if topics else {"op": op}))

    def hear(self) -> Message:
        """Return the next message."""
        message: Message = json.loads(self.socket.recv(HEARD_WITHIN_S))
        self.heard.append(message)
        return message

    def hear_until(self, wanted: Callable[[Message], bool]) -> Message:
        """Return the first message that fits, passing over others."""
        while not wanted(message := self.hear()):
            pass
        return message

    def hear_type(self, kind: str, topic: str | None = None) -> Message:
        return self.hear_until(
            lambda message: message["type"] == kind and (topic is None or message.get("topic") == topic)
        )

    def data(self, topic: str) -> list[Message]:
        """Return the snapshots and updates of a topic so far."""
        return [each for each in self.heard if each.get("topic") == topic and "data" in each]


class Held:
    """What a client holds of one topic after a snapshot and the updates that follow it."""

    def __init__(self) -> None:
        self.seq = -1
        self.rest: Message = {}
        self.rows: dict[int, Any] = {}
        self.updates = 0

    def take(self, message: Message) -> None:
        """Merge a message as the schema of Message tells clients to."""
        data = dict(message["data"])
        rows = _rows(message["topic"], data)
        if message["type"] == "snapshot":
            self.rows = rows
        else:
            assert message["seq"] == self.seq + 1, "an update must follow the message before it"
            self.rows = self.rows | rows
            self.updates += 1
        self.seq, self.rest = message["seq"], data

    def copy(self) -> "Held":
        """Return what is held now; rows are replaced, never changed, so they may be shared."""
        twin = Held()
        twin.seq, twin.rest, twin.rows, twin.updates = self.seq, self.rest, dict(self.rows), self.updates
        return twin

    def differs_from(self, snapshot: Message) -> str:
        """Return what a snapshot of the same number says differently, empty where it agrees."""
        data = dict(snapshot["data"])
        rows = _rows(snapshot["topic"], data)
        if data != self.rest:
            return f"{data} is not {self.rest}"
        wrong = [key for key, row in rows.items() if self.rows.get(key) != row]
        # Merged rows may reach further back than a snapshot does, never beside or beyond it.
        newest = sorted(self.rows)[-len(rows) :] if rows else []
        if snapshot["topic"].startswith("ticks:"):  # whose page may be shorter than the last one's
            newest = sorted(rows)
        return f"rows {wrong}" if wrong else "" if newest == sorted(rows) else "other rows"


def _rows(topic: str, data: Message) -> dict[int, Any]:
    """Take the rows out of a payload, by their key; the rest of it stays in `data`."""
    kind = topic.partition(":")[0]
    if kind == "pair":
        series = data.pop("series")
        names = sorted(series)
        columns = zip(*(series[name] for name in names), strict=True)
        return {dict(zip(names, row, strict=True))["time"]: row for row in columns}
    if kind in KEYS:
        data.pop("next")
        return {KEYS[kind](row): row for row in data.pop("items")}
    return {}
