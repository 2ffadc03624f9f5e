"""Fan-out: one newest value a topic, one slot a listener and topic. A slow listener costs nobody else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import cast

from quant.engine.protocol import Frame, HubView, View

FORGET_AFTER = 10_000
"""How many topics' sequence numbers are remembered after their last listener."""

MOST_QUEUED = 50_000
"""How many frames of topics that skip nothing wait for a listener; it comes back and asks for what it missed."""

OnAdd = Callable[[str], Frame | None]


@dataclass(slots=True)
class _Topic:
    seq: int
    snapshot: Frame | None = None
    update: Frame | None = None  # leads from seq - 1 to seq
    listeners: set["Listener"] = field(default_factory=set)


class Hub:
    """Topics with numbered values. The same number always means the same value, whoever asks."""

    def __init__(self) -> None:
        self._topics: dict[str, _Topic] = {}
        self._left_at: dict[str, int] = {}
        self._listeners = 0
        self._values = 0
        self._skipped = 0
        self._let_go = 0

    def view(self) -> HubView:
        """Return how the fan-out does; all but listeners and topics counts since the start."""
        return HubView(self._listeners, len(self.wanted_topics()), self._values, self._skipped, self._let_go)

    def listener(self, on_add: OnAdd) -> "Listener":
        """Return a listener without topics; `on_add` is called with each new topic, and may refuse it by raising.

        What it returns is the first frame of a topic whose frames are told one by one.
        """
        self._listeners += 1
        return Listener(self, on_add)

    def put(self, topic: str, snapshot: View, update: View | None, *, time: int) -> int:
        """Make `snapshot` the topic's newest value and return its number; `update` leads there from the last."""
        held = self._topics.get(topic)
        if held is None:
            held = self._topics[topic] = _Topic(self._left_at.pop(topic, 0))
        held.seq += 1
        self._values += 1
        held.snapshot = Frame(topic, "snapshot", time, replace(snapshot, seq=held.seq))
        held.update = None if update is None else Frame(topic, "update", time, replace(update, seq=held.seq))
        for listener in held.listeners:
            listener.wake(topic)
        return held.seq

    def tell(self, frame: Frame) -> None:
        """Send a frame to all who listen to its topic: it is overtaken by no other and skipped for nobody."""
        held = self._topics.get(frame.topic)
        self._values += 1
        for listener in list(held.listeners) if held is not None else ():
            listener.queue(frame)

    def newest(self, topic: str) -> View | None:
        """Return the newest value of `topic`, its number inside, None before the first."""
        held = self._topics.get(topic)
        return held.snapshot.view if held and held.snapshot else None

    def wanted_topics(self) -> list[str]:
        """Return the topics somebody listens to."""
        return [topic for topic, held in self._topics.items() if held.listeners]

    def forget(self, topic: str) -> None:
        """Drop the value of a topic without listeners; its numbers go on where they were."""
        held = self._topics.get(topic)
        if held is not None and not held.listeners:
            del self._topics[topic]
            self._left_at[topic] = held.seq
            while len(self._left_at) > FORGET_AFTER:
                del self._left_at[next(iter(self._left_at))]

    def reset(self) -> None:
        """Drop every value, keep listeners and numbers: another market begins."""
        for topic in list(self._topics):
            held = self._topics[topic]
            held.snapshot = held.update = None
            self.forget(topic)

    def _join(self, topic: str, listener: "Listener") -> None:
        self._topics.setdefault(topic, _Topic(self._left_at.pop(topic, 0))).listeners.add(listener)

    def _leave(self, topic: str, listener: "Listener") -> None:
        held = self._topics.get(topic)
        if held is not None:
            held.listeners.discard(listener)

    def _frame(self, topic: str, after_seq: int | None) -> tuple[int, Frame] | None:
        """Return what brings a listener at `after_seq` to the newest value."""
        held = self._topics.get(topic)
        if held is None or held.snapshot is None or after_seq == held.seq:
            return None
        if after_seq is not None:
            self._skipped += held.seq - after_seq - 1
        follows = after_seq == held.seq - 1 and held.update is not None
        return held.seq, cast("Frame", held.update if follows else held.snapshot)


class Listener:
    """One client's topics; holds which of them have news, never the news itself."""

    def __init__(self, hub: Hub, on_add: OnAdd) -> None:
        self._hub = hub
        self._on_add = on_add
        self._at: dict[str, int | None] = {}
        self._news: dict[str, None] = {}
        self._queued: list[Frame] = []
        self._ready = asyncio.Event()
        self._closed = False

    def add(self, topic: str) -> None:
        """Listen to `topic`; asking again brings a snapshot again."""
        first = self._on_add(topic)
        self._at[topic] = None
        if first is not None:
            self._queued.append(first)
        self._hub._join(topic, self)  # noqa: SLF001  hub and listener are one mechanism
        self.wake(topic)

    def remove(self, topic: str) -> None:
        """Stop listening to `topic`; harmless when not listening."""
        if self._at.pop(topic, self) is not self:
            self._news.pop(topic, None)
            self._hub._leave(topic, self)  # noqa: SLF001

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(self._at)

    def wake(self, topic: str) -> None:
        """Note that `topic` has a newer value."""
        self._news[topic] = None
        self._ready.set()

    def queue(self, frame: Frame) -> None:
        """Keep a frame until it is read, however many there are; a client that has left many unread is let go."""
        self._queued.append(frame)
        if len(self._queued) > MOST_QUEUED and not self._closed:
            self._hub._let_go += 1  # noqa: SLF001
            self.close()
        self._ready.set()

    def close(self) -> None:
        """Leave all topics and end `frames`; harmless the second time."""
        if not self._closed:
            self._hub._listeners -= 1  # noqa: SLF001
        self._closed = True
        for topic in self.topics:
            self.remove(topic)
        self._ready.set()

    async def frames(self) -> AsyncIterator[list[Frame]]:
        """Yield the newest frames as they come; what was overtaken meanwhile is skipped."""
        while True:
            await self._ready.wait()
            if self._closed:
                return
            self._ready.clear()
            news, self._news = self._news, {}
            queued, self._queued = self._queued, []
            frames = [frame for frame in queued if frame.topic in self._at]
            for topic in news:
                if topic not in self._at:
                    continue
                found = self._hub._frame(topic, self._at[topic])  # noqa: SLF001
                if found is not None:
                    self._at[topic], frame = found
                    frames.append(frame)
            if frames:
                yield frames
