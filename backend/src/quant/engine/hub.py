"""Fan-out: one newest value a topic, one slot a listener and topic. A slow listener costs nobody else."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import cast

from quant.engine.protocol import Frame, HubView, Offer, View

FORGET_AFTER = 10_000
"""How many topics' sequence numbers are remembered after their last listener."""

MOST_QUEUED = 50_000
"""How many frames of topics that skip nothing wait for a listener; it comes back and asks for what it missed."""

AT_ONCE = 200
"""How many listeners are handed what is new before the event loop looks at anything else."""

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
        self._due: deque[Listener] = deque()

    def view(self) -> HubView:
        """Return how the fan-out does; all but listeners and topics counts since the start."""
        return HubView(self._listeners, len(self.wanted_topics()), self._values, self._skipped, self._let_go)

    def listener(self, on_add: OnAdd, offer: Offer | None = None) -> "Listener":
        """Return a listener without topics; `on_add` is called with each new topic, and may refuse it by raising.

        What it returns is the first frame of a topic whose frames are told one by one. What is new goes to `offer`
        while that takes it, and otherwise to who reads the listener's frames.
        """
        self._listeners += 1
        return Listener(self, on_add, offer)

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

    def _hand_over_soon(self, listener: "Listener") -> None:
        if not self._due:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._due.append(listener)

    def _hand_over(self) -> None:
        """Give to the listeners that are due; one call for many, as waking a task for each costs more than it sends."""
        try:
            for _ in range(min(len(self._due), AT_ONCE)):
                self._due.popleft()._hand_over()  # noqa: SLF001
        finally:
            if self._due:
                asyncio.get_running_loop().call_soon(self._hand_over)

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

    def __init__(self, hub: Hub, on_add: OnAdd, offer: Offer | None) -> None:
        self._hub = hub
        self._on_add = on_add
        self._offer = offer
        self._at: dict[str, int | None] = {}
        self._news: dict[str, None] = {}
        self._queued: list[Frame] = []
        self._ready = asyncio.Event()
        self._reader_waits = False
        self._is_due = False
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
            self._queued = [frame for frame in self._queued if frame.topic != topic]
            self._hub._leave(topic, self)  # noqa: SLF001

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(self._at)

    def wake(self, topic: str) -> None:
        """Note that `topic` has a newer value."""
        self._news[topic] = None
        self._notify()

    def queue(self, frame: Frame) -> None:
        """Keep a frame until it is read, however many there are; a client that has left many unread is let go."""
        self._queued.append(frame)
        if len(self._queued) > MOST_QUEUED and not self._closed:
            self._hub._let_go += 1  # noqa: SLF001
            self.close()
        self._notify()

    def close(self) -> None:
        """Leave all topics and end `frames`; harmless the second time."""
        if not self._closed:
            self._hub._listeners -= 1  # noqa: SLF001
        self._closed = True
        for topic in self.topics:
            self.remove(topic)
        self._ready.set()

    async def frames(self) -> AsyncIterator[list[Frame]]:
        """Yield the newest frames as they come, but for those taken when offered; what was overtaken is skipped.

        While frames are being read none is offered, so that none overtakes another.
        """
        while True:
            self._reader_waits = True
            try:
                await self._ready.wait()
            finally:
                self._reader_waits = False
            if self._closed:
                return
            self._ready.clear()
            if frames := self._take():
                yield frames

    def _notify(self) -> None:
        if self._offer is None or not self._reader_waits or self._ready.is_set():
            self._ready.set()
        elif not self._is_due:
            self._is_due = True
            self._hub._hand_over_soon(self)  # noqa: SLF001

    def _hand_over(self) -> None:
        """Offer what is new; from the first frame on that is not taken it is the reader's."""
        self._is_due = False
        if self._closed or self._offer is None or self._ready.is_set():
            return
        frames = self._take()
        for index, frame in enumerate(frames):
            if not self._offer(frame):
                self._queued[:0] = frames[index:]
                self._ready.set()
                return

    def _take(self) -> list[Frame]:
        """Return what has come since the last time, the newest of each topic."""
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
        return frames
