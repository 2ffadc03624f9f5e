"""A recording played: the same batches whatever the speed, on a clock of the test's."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed.frames import agg_trade, combined
from quant.clock import NS_PER_MS
from quant.domain import MarkPrice, Quote, TradeBatch
from quant.errors import RecordingError
from quant.feed.binance import BinanceDecoder
from quant.feed.playhead import SLICE_NS, Playhead
from quant.feed.replay import ReplayFeed

NS = 1723161253_900000_000


class VirtualClock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now_s = 500.0

    def wall_ns(self) -> int:
        return NS

    def monotonic_s(self) -> float:
        return self.now_s

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        self.now_s += seconds
        await asyncio.sleep(0)
        return event.is_set()


class Played:
    """What came out of a replay, and when."""

    def __init__(self, paths: Sequence[Path], *, speed: float) -> None:
        self.batches: list[tuple[list[str], list[int], list[int]]] = []
        self.at_s: list[float] = []
        self.views: list[Quote | MarkPrice] = []
        self.clock = VirtualClock()
        self.feed = ReplayFeed(
            paths,
            decoder=BinanceDecoder(),
            on_batch=self._take,
            on_views=self.views.extend,
            playhead=Playhead(speed=speed, clock=self.clock, wait=self.clock.wait),
        )
        asyncio.run(self.feed.run())
        self.took_s = self.clock.now_s - 500.0

    def _take(self, batch: TradeBatch) -> None:
        self.batches.append((batch.symbols(), batch.ids.tolist(), batch.ts_recv.tolist()))
        self.at_s.append(self.clock.now_s - 500.0)


def record(path: Path, offsets_ms: Sequence[float], symbol: str = "BTCUSDT") -> Path:
    lines = [
        b"%d %s\n" % (NS + round(ms * NS_PER_MS), combined(agg_trade(s=symbol, a=i)))
        for i, ms in enumerate(offsets_ms)
    ]
    path.write_bytes(b"".join(lines))
    return path


def test_trades_leave_in_slices_of_recorded_time(tmp_path: Path):
    played = Played([record(tmp_path / "a", [0, 40, 99, 100, 250, 250, 1000])], speed=0)
    assert [ids for _, ids, _ in played.batches] == [[0, 1, 2], [3], [4, 5], [6]]
    assert played.took_s == 0.0
    assert played.feed.lines == 7


@settings(max_examples=30)
@given(
    offsets=st.lists(st.floats(0, 30_000), min_size=1, max_size=80),
    others=st.lists(st.floats(0, 30_000), max_size=40),
    speeds=st.tuples(st.floats(0.1, 10_000), st.floats(0.1, 10_000)),
)
def test_batches_are_the_same_at_any_speed(
    tmp_path_factory: pytest.TempPathFactory,
    offsets: list[float],
    others: list[float],
    speeds: tuple[float, float],
):
    folder = tmp_path_factory.mktemp("replay")
    paths = [record(folder / "a", sorted(offsets)), record(folder / "b", sorted(others), "ETHUSDT")]
    at_once, slow, fast = (Played(paths, speed=speed) for speed in (0.0, *speeds))
    assert at_once.batches == slow.batches == fast.batches
    for _, _, stamps in at_once.batches:
        assert len({stamp // SLICE_NS for stamp in stamps}) == 1


@pytest.mark.parametrize("speed", [0.5, 1.0, 200.0])
def test_recorded_time_passes_at_the_speed_asked_for(tmp_path: Path, speed: float):
    played = Played([record(tmp_path / "a", [0, 1000, 7000])], speed=speed)
    assert played.at_s == pytest.approx([each / speed for each in (0.1, 1.1, 7.1)])


def test_quotes_are_handed_on_beside_the_trades(tmp_path: Path):
    book = {"e": "bookTicker", "T": 5, "s": "BTCUSDT", "b": "1", "B": "2", "a": "3", "A": "4"}
    (tmp_path / "a").write_bytes(b"%d %s\n" % (NS, combined(book, "btcusdt@bookTicker")))
    played = Played([tmp_path / "a"], speed=0)
    assert played.batches == []
    assert played.views == [Quote("BTCUSDT", 5 * NS_PER_MS, 1.0, 2.0, 3.0, 4.0)]


def test_a_file_that_turns_out_torn_is_named(tmp_path: Path):
    import gzip

    path = record(tmp_path / "a", range(2000))
    path.write_bytes(gzip.compress(path.read_bytes())[:-30])
    with pytest.raises(RecordingError, match="a cannot be read"):
        Played([path], speed=0)


def test_damaged_lines_do_not_end_the_replay(tmp_path: Path):
    path = record(tmp_path / "a", [0, 500])
    first, second = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join((first, b'%d {"stream' % NS, b"99" * 40 + b" {}", b"\xff\xfe", second)))
    played = Played([path], speed=0)
    assert [ids for _, ids, _ in played.batches] == [[0], [1]]
    assert played.feed.decoder.quarantined == {"": 1}


def test_a_receiver_that_fails_ends_the_replay(tmp_path: Path):
    def refuse(_: TradeBatch) -> None:
        raise ZeroDivisionError

    clock = VirtualClock()
    feed = ReplayFeed(
        [record(tmp_path / "a", [0])],
        decoder=BinanceDecoder(),
        on_batch=refuse,
        playhead=Playhead(speed=0, clock=clock, wait=clock.wait),
    )
    with pytest.raises(ZeroDivisionError):
        asyncio.run(feed.run())
