"""A recording paused, hurried and moved while it is played, on a clock of the test's."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed.frames import agg_trade, combined
from feed.test_replay import VirtualClock
from quant.clock import NS_PER_MS
from quant.domain import TradeBatch
from quant.feed.binance import BinanceDecoder
from quant.feed.playhead import LONGEST_WAIT_S, SLICE_NS, Playhead
from quant.feed.replay import ReplayFeed

BEGIN_MS = 1_723_161_253_900
LAG_MS = 40
SLICE_MS = SLICE_NS // NS_PER_MS


def record(path: Path, times_ms: Sequence[int]) -> Path:
    """Write a trade for each time since the beginning, received a little later."""
    lines = [
        b"%d %s\n" % ((BEGIN_MS + ms + LAG_MS) * NS_PER_MS, combined(agg_trade(a=i, T=BEGIN_MS + ms)))
        for i, ms in enumerate(times_ms)
    ]
    path.write_bytes(b"".join(lines))
    return path


class Player:
    """Runs a recording; what it has played since its last beginning is in `ids`, and when in `at_s`."""

    def __init__(self, path: Path, *, speed: float = 0.0) -> None:
        self.clock = VirtualClock()
        self.head = Playhead(speed=speed, clock=self.clock, wait=self.clock.wait)
        self.head.begin, self.head.end = BEGIN_MS * NS_PER_MS, (BEGIN_MS + 60_000) * NS_PER_MS
        self.ids: list[int] = []
        self.at_s: list[float] = []
        self.arrivals = 0
        self.head.on_arrived = self._arrived
        self._path = path
        self._task: asyncio.Task[None] | None = None

    def play(self) -> asyncio.Task[None]:
        self.ids, self.at_s = [], []
        feed = ReplayFeed([self._path], decoder=BinanceDecoder(), on_batch=self._take, playhead=self.head)
        self._task = asyncio.create_task(feed.run())
        return self._task

    async def go(self, ms: int) -> None:
        """Be at a moment, by a run from the beginning where that has been passed."""
        moment = (BEGIN_MS + ms) * NS_PER_MS
        if self._task is None or self._task.done() or self.head.newest > moment:
            await self.stop()
            self.head.rewind()
            self.head.seek(moment)
            self.play()
        else:
            self.head.seek(moment)
        await self.head.settled()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _take(self, batch: TradeBatch) -> None:
        self.ids += batch.ids.tolist()
        self.at_s += [self.clock.now_s - 500.0] * len(batch)

    def _arrived(self) -> None:
        self.arrivals += 1


def played_up_to(times_ms: Sequence[int], ms: int) -> list[int]:
    """Return the ids of all slices before the first that holds a trade after `ms`."""
    found: list[int] = []
    for number in sorted({(time + BEGIN_MS + LAG_MS) // SLICE_MS for time in times_ms}):
        inside = [at for at, time in enumerate(times_ms) if (time + BEGIN_MS + LAG_MS) // SLICE_MS == number]
        if any(times_ms[at] > ms for at in inside):
            break
        found += inside
    return found


@settings(max_examples=40)
@given(
    steps=st.lists(st.integers(0, 400), min_size=1, max_size=60),
    moments=st.lists(st.integers(0, 12_000), min_size=1, max_size=6),
    speed=st.sampled_from((0.0, 1.0, 50.0)),
)
def test_a_moment_is_the_same_however_it_is_come_by(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], moments: list[int], speed: float
):
    times = [sum(steps[: at + 1]) for at in range(len(steps))]
    path = record(tmp_path_factory.mktemp("replay") / "a", times)

    async def scenario() -> None:
        player = Player(path, speed=speed)
        player.head.control(paused=True)
        player.play()
        for ms in moments:
            await player.go(ms)
            assert player.ids == played_up_to(times, ms)
            assert player.head.target is None
        await player.stop()

    asyncio.run(scenario())


def test_nothing_passes_while_it_is_paused(tmp_path: Path):
    async def scenario() -> None:
        player = Player(record(tmp_path / "a", [0, 1_000, 7_000]))
        player.head.control(paused=True)
        task = player.play()
        for _ in range(200):
            await asyncio.sleep(0)
        assert (player.ids, task.done()) == ([], False)
        player.clock.now_s += 1_000.0
        player.head.control(paused=False)
        await task
        assert player.ids == [0, 1, 2]

    asyncio.run(scenario())


def test_a_pause_leaves_the_rest_of_the_wait(tmp_path: Path):
    """The second trade is due 7 s after the first; 2 s of them have gone by when it is paused."""

    async def scenario() -> None:
        player = Player(record(tmp_path / "a", [0, 7_000]), speed=1.0)
        waits: list[float] = []

        async def wait(event: asyncio.Event, seconds: float) -> bool:
            waits.append(round(seconds, 6))
            if len(waits) == 2:
                player.clock.now_s += 2.0
                player.head.control(paused=True)
                player.clock.now_s += 50.0
                player.head.control(paused=False, speed=2.0)
                return event.is_set()
            return await player.clock.wait(event, seconds)

        player.head._wait = wait
        await player.play()
        assert waits == [0.1, 7.0, 2.5]

    asyncio.run(scenario())


def test_what_lies_between_a_moment_and_the_next_trade_is_waited_for(tmp_path: Path):
    async def scenario() -> None:
        player = Player(record(tmp_path / "a", [0, 7_000]), speed=1.0)
        player.head.seek((BEGIN_MS + 5_000) * NS_PER_MS)
        await player.play()
        assert player.at_s == pytest.approx([0.0, 2.1])
        assert player.arrivals == 1

    asyncio.run(scenario())


def test_the_speed_changes_while_it_is_played(tmp_path: Path):
    async def scenario() -> None:
        player = Player(record(tmp_path / "a", [0, 1_000, 2_000, 3_000]), speed=1.0)
        take = player._take

        def hurry(batch: TradeBatch) -> None:
            take(batch)
            player.head.control(speed={0: 10.0, 1: 0.0, 2: 0.5}.get(int(batch.ids[0])))

        player._take = hurry  # type: ignore[method-assign]
        await player.play()
        assert player.at_s == pytest.approx([0.1, 0.2, 0.2, 2.2])

    asyncio.run(scenario())


def test_the_position_is_inside_the_recording(tmp_path: Path):
    async def scenario() -> None:
        player = Player(record(tmp_path / "a", [0, 500, 61_000]))
        head = player.head
        assert head.position == head.begin
        head.control(paused=True)
        player.play()
        await player.go(30_000)
        assert head.position == head.begin + 30_000 * NS_PER_MS
        assert head.newest == head.begin + 500 * NS_PER_MS
        head.control(paused=False)
        assert player._task is not None
        await player._task
        assert head.position == head.end

    asyncio.run(scenario())


def test_a_moment_that_is_never_reached_keeps_nobody_waiting(tmp_path: Path):
    async def scenario() -> None:
        player = Player(record(tmp_path / "a", [0, 500]))
        player.head.seek((BEGIN_MS + 30_000) * NS_PER_MS)
        await player.play()
        await player.head.settled()
        assert (player.ids, player.arrivals, player.head.target) == ([0, 1], 1, None)

    asyncio.run(scenario())


def test_the_slowest_speed_waits_no_longer_than_a_timer_can(tmp_path: Path):
    async def scenario() -> None:
        player = Player(record(tmp_path / "a", [0]), speed=1e-300)
        waits: list[float] = []

        async def wait(event: asyncio.Event, seconds: float) -> bool:
            waits.append(seconds)
            if len(waits) == 3:
                player.head.control(speed=0.0)
            return await player.clock.wait(event, seconds)

        player.head._wait = wait
        await player.play()
        assert waits == [LONGEST_WAIT_S] * 3

    asyncio.run(scenario())
