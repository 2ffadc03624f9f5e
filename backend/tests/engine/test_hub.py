"""Fan-out as a client sees it: whatever is skipped, who merges what comes ends with the newest value."""

import asyncio
import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from quant.engine.hub import AT_ONCE, Hub
from quant.engine.protocol import Frame, JournalView, StatusView

VIEW = StatusView(
    market="m",
    as_of=None,
    seq=0,
    running=True,
    source="sim:7",
    source_state="ready",
    reason=None,
    finished=False,
    speed=1.0,
    connections=(),
    symbols=(),
    journal=JournalView(),
)


def value(number: int) -> StatusView:
    return replace(VIEW, as_of=number)


class Reader:
    """A listener that merges: a snapshot replaces, an update adds to what the number before held."""

    def __init__(self, hub: Hub) -> None:
        self.listener = hub.listener(lambda _: None)
        self.held: dict[str, tuple[int, int]] = {}  # topic: its number, the sum of what came
        self.heard: dict[tuple[str, int], Frame] = {}
        self._frames = self.listener.frames()

    async def read(self) -> bool:
        """Take in what waits; tell whether anything did."""
        task = asyncio.ensure_future(anext(self._frames))
        await turns(5)
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._frames = self.listener.frames()
            return False
        for frame in task.result():
            self.take_in(frame)
        return True

    def take_in(self, frame: Frame) -> None:
        assert isinstance(frame.view, StatusView)
        seq, new = frame.view.seq, frame.view.as_of or 0
        if frame.kind == "update":
            before, total = self.held[frame.topic]
            assert seq == before + 1
            new += total
        self.held[frame.topic] = (seq, new)
        self.heard[frame.topic, seq] = frame

    async def read_all(self) -> None:
        while await self.read():
            pass

    def remove(self, topic: str) -> None:
        self.listener.remove(topic)
        self.held.pop(topic, None)


class Wire(Reader):
    """A listener that takes what it is offered while it is open, and has a task that waits to send the rest."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub)
        self.listener = hub.listener(lambda _: None, self._offer)
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.offered = 0
        self._sending = asyncio.create_task(self._send())

    def _offer(self, frame: Frame) -> bool:
        if not self.is_open.is_set():
            return False
        self.offered += 1
        self.take_in(frame)
        return True

    async def _send(self) -> None:
        async for frames in self.listener.frames():
            for frame in frames:
                await self.is_open.wait()
                if frame.topic in self.listener.topics:
                    self.take_in(frame)

    def toggle(self) -> None:
        if self.is_open.is_set():
            self.is_open.clear()
        else:
            self.is_open.set()

    async def read(self) -> bool:
        """What the loop has to do for it is done in a few turns."""
        await turns(3)
        return False

    async def read_all(self) -> None:
        self.is_open.set()
        await turns(20)

    async def close(self) -> None:
        self.listener.close()
        await self._sending  # an error in it is the test's


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


TOPICS = ("a", "b")
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(TOPICS), st.booleans()),
        st.tuples(st.just("read"), st.integers(0, 2), st.none()),
        st.tuples(st.just("toggle"), st.none(), st.none()),
        st.tuples(st.just("add"), st.integers(0, 2), st.sampled_from(TOPICS)),
        st.tuples(st.just("remove"), st.integers(0, 2), st.sampled_from(TOPICS)),
        st.tuples(st.just("forget"), st.sampled_from(TOPICS), st.none()),
        st.tuples(st.just("reset"), st.none(), st.none()),
    ),
    max_size=40,
)


@given(steps)
def test_any_interleaving_ends_with_the_newest_value(script) -> None:
    async def play() -> None:
        hub = Hub()
        wire = Wire(hub)
        readers = [Reader(hub), Reader(hub), wire]
        newest: dict[str, tuple[int, int]] = {}
        last_seq = dict.fromkeys(TOPICS, 0)
        for step, who, what in script:
            match step:
                case "put":
                    _, total = newest.get(who, (0, 0))
                    change = len(newest) + last_seq[who] + 1
                    update = value(change) if what and who in newest else None
                    seq = hub.put(who, value(total + change), update, time=1)
                    assert seq == last_seq[who] + 1  # numbers only ever go on
                    last_seq[who] = seq
                    newest[who] = (seq, total + change)
                case "read":
                    await readers[who].read()
                case "toggle":
                    wire.toggle()
                case "add":
                    readers[who].listener.add(what)
                case "remove":
                    readers[who].remove(what)
                case "forget":
                    hub.forget(who)
                    if hub.newest(who) is None:
                        newest.pop(who, None)
                case "reset":
                    hub.reset()
                    newest.clear()
                    assert {hub.newest(topic) for topic in TOPICS} == {None}
        for reader in readers:
            await reader.read_all()
            for topic in reader.listener.topics:
                if topic in newest:
                    assert reader.held[topic] == newest[topic]
        await wire.close()
        for first, second in itertools.combinations(readers, 2):
            for key in (
                first.heard.keys() & second.heard.keys()
            ):  # one frame object for all: it is encoded once
                one, other = first.heard[key], second.heard[key]
                assert one is other or one.kind != other.kind
        assert set(hub.wanted_topics()) == {topic for reader in readers for topic in reader.listener.topics}

    asyncio.run(play())


def test_a_reader_who_skips_gets_one_snapshot() -> None:
    async def play() -> None:
        hub = Hub()
        reader = Reader(hub)
        reader.listener.add("a")
        for number in range(10):
            hub.put("a", value(number), value(1), time=1)
        await reader.read_all()
        assert [frame.kind for frame in reader.heard.values()] == ["snapshot"]
        hub.put("a", value(10), value(1), time=1)
        await reader.read_all()
        assert [frame.kind for frame in reader.heard.values()] == ["snapshot", "update"]

    asyncio.run(play())


def test_what_is_taken_when_offered_wakes_nobody_and_what_is_not_is_read_in_order() -> None:
    async def play() -> None:
        hub = Hub()
        wires = [Wire(hub) for _ in range(2 * AT_ONCE + 1)]
        for wire in wires:
            wire.listener.add("a")
        await turns(2)  # their tasks wait
        wires[0].toggle()
        for number in range(4):
            hub.put("a", value(number), value(1), time=1)
            await turns(6)
        assert {wire.offered for wire in wires[1:]} == {4}
        assert wires[0].offered == 0
        await wires[0].read_all()
        assert wires[0].held == wires[1].held
        for wire in wires:
            await wire.close()

    asyncio.run(play())


def test_a_closed_listener_ends_and_is_gone() -> None:
    async def play() -> None:
        hub = Hub()
        reader = Reader(hub)
        reader.listener.add("a")
        reader.listener.close()
        assert [frames async for frames in reader.listener.frames()] == []
        assert hub.wanted_topics() == []
        hub.put("a", value(1), None, time=1)  # nobody is woken

    asyncio.run(play())


def test_numbers_go_on_after_a_topic_is_forgotten() -> None:
    hub = Hub()
    for _ in range(3):
        hub.put("a", VIEW, None, time=1)
    hub.forget("a")
    assert hub.newest("a") is None
    assert hub.put("a", VIEW, None, time=1) == 4
