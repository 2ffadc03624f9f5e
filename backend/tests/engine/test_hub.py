"""Fan-out as a client sees it: whatever is skipped, who merges what comes ends with the newest value."""

import asyncio
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from quant.engine.hub import Hub
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
        self.listener = hub.listener(lambda topic: None)
        self.held: dict[str, tuple[int, int]] = {}  # topic: its number, the sum of what came
        self.heard: dict[tuple[str, int], Frame] = {}
        self._frames = self.listener.frames()

    async def read(self) -> bool:
        """Take in what waits; tell whether anything did."""
        task = asyncio.ensure_future(anext(self._frames))
        for _ in range(5):
            await asyncio.sleep(0)
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._frames = self.listener.frames()
            return False
        for frame in task.result():
            assert isinstance(frame.view, StatusView)
            seq, new = frame.view.seq, frame.view.as_of or 0
            if frame.kind == "update":
                before, total = self.held[frame.topic]
                assert seq == before + 1
                new += total
            self.held[frame.topic] = (seq, new)
            self.heard[frame.topic, seq] = frame
        return True

    async def read_all(self) -> None:
        while await self.read():
            pass


TOPICS = ("a", "b")
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(TOPICS), st.booleans()),
        st.tuples(st.just("read"), st.integers(0, 1), st.none()),
        st.tuples(st.just("add"), st.integers(0, 1), st.sampled_from(TOPICS)),
        st.tuples(st.just("remove"), st.integers(0, 1), st.sampled_from(TOPICS)),
        st.tuples(st.just("forget"), st.sampled_from(TOPICS), st.none()),
        st.tuples(st.just("reset"), st.none(), st.none()),
    ),
    max_size=40,
)


@given(steps)
def test_any_interleaving_ends_with_the_newest_value(script) -> None:
    async def play() -> None:
        hub = Hub()
        readers = [Reader(hub), Reader(hub)]
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
                case "add":
                    readers[who].listener.add(what)
                case "remove":
                    readers[who].listener.remove(what)
                    readers[who].held.pop(what, None)
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
        both = readers[0].heard.keys() & readers[1].heard.keys()
        for key in both:  # one frame object for all: it is encoded once
            one, other = readers[0].heard[key], readers[1].heard[key]
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
