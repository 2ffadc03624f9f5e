"""Moves closed hours from the journal to the history, so that a crash at any point loses nothing and doubles nothing.

First the Parquet file is on the disk under its name, then the journal's chunks go. In between the rows are in both
places, and readers take each id once.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from pathlib import Path

from quant.errors import DamagedData
from quant.storage.history import History
from quant.storage.history_paths import HOUR_NS, held_in, opened_ns
from quant.storage.journal import Journal
from quant.storage.journal_index import TickChunk
from quant.storage.journal_reader import JournalReader
from quant.storage.parquet_files import Step, no_step
from quant.storage.records import Damage, pick_bars, within

SETTLE_NS = 5 * 60 * 10**9
"""How long after its end an hour is left alone: late and back-filled trades still come in."""

ROWS_AT_ONCE = 1_000_000
"""Ticks held at once, about 49 MB, besides the largest hour that is already in the history."""

DISCARD_WAIT_S = 60.0

Moved = tuple[int, int, list[int]]
"""Rows, files changed, chunks that are no longer needed."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What one compaction did; damaged chunks stay where they are."""

    ticks: int
    bars: int
    files: int
    chunks: int
    damaged: tuple[Damage, ...]
    discarded: bool  # False: the journal could not delete yet, the next compaction will


class Compaction:
    """One pass over the journal; blocks for as long as the disk takes, so it belongs on a thread of its own."""

    def __init__(self, journal: Journal, history: History, *, at_step: Step = no_step) -> None:
        self._journal = journal
        self._history = history
        self._at_step = at_step
        self._damaged: list[Damage] = []
        self._reader = JournalReader(journal.path, on_damage=self._damaged.append)

    def run(self, *, now_ns: int, settle_ns: int = SETTLE_NS) -> Compacted:
        """Move every hour that ended before `now_ns` less `settle_ns`.

        Raises StorageError or OSError when the disk refuses.
        """
        self._damaged.clear()
        cutoff = (now_ns - settle_ns) // HOUR_NS * HOUR_NS
        ticks = bars = files = 0
        tick_chunks: list[int] = []
        bar_chunks: list[int] = []
        for market in self._reader.markets():
            for symbol in self._reader.symbols(market):
                moved, changed, done = self._guarded(self._ticks, market, symbol, cutoff)
                ticks, files = ticks + moved, files + changed
                tick_chunks += done
                moved, changed, done = self._guarded(self._bars, market, symbol, cutoff)
                bars, files = bars + moved, files + changed
                bar_chunks += done
        damaged = tuple(self._damaged)
        broken = {(damage.holds, damage.number) for damage in damaged}
        self._at_step("before discarding")
        discarded = self._discard(
            [number for number in tick_chunks if ("tick chunk", number) not in broken],
            [number for number in bar_chunks if ("bar chunk", number) not in broken],
        )
        self._at_step("discarded")
        return Compacted(ticks, bars, files, len(tick_chunks) + len(bar_chunks), damaged, discarded)

    def _guarded(
        self, move: Callable[[str, str, int], Moved], market: str, symbol: str, cutoff: int
    ) -> Moved:
        """Return what `move` does; a damaged file of one symbol holds up no other."""
        try:
            return move(market, symbol, cutoff)
        except DamagedData as error:
            path = Path(str(error.values["path"]))  # the journal's own damage is not raised
            at = opened_ns(path)
            self._damaged.append(Damage(str(path), held_in(path), 0, market, symbol, at, at, error.message))
            return 0, 0, []

    def _ticks(self, market: str, symbol: str, cutoff: int) -> Moved:
        chunks = [c for c in self._reader.tick_chunks(market, symbol) if c.first_ts < cutoff]
        rows = files = 0
        for group in _by_rows(sorted(chunks, key=lambda chunk: chunk.first_ts)):
            read = self._reader.ticks_in(market, symbol, chunks=[chunk.number for chunk in group])
            closed = within(read, start_ns=None, end_ns=cutoff, after_id=None)
            if len(closed):
                files += self._history.add_ticks(market, symbol, closed)
                rows += len(closed)
        # A chunk that reaches into an open hour stays until that one is closed.
        return rows, files, [chunk.number for chunk in chunks if chunk.last_ts < cutoff]

    def _bars(self, market: str, symbol: str, cutoff: int) -> Moved:
        rows = files = 0
        done: list[int] = []
        for interval in self._reader.intervals(market, symbol):
            chunks = [c for c in self._reader.bar_chunks(market, symbol, interval) if c.first_time < cutoff]
            bars = self._reader.bars_in(market, symbol, chunks=[chunk.number for chunk in chunks])
            closed = pick_bars(bars, bars.times < cutoff)
            if len(closed):
                files += self._history.add_bars(market, symbol, interval, closed)
                rows += len(closed)
            done += [chunk.number for chunk in chunks if chunk.last_time < cutoff]
        return rows, files, done

    def _discard(self, tick_chunks: Sequence[int], bar_chunks: Sequence[int]) -> bool:
        if not tick_chunks and not bar_chunks:
            return True
        done = self._journal.discard(tick_chunks=tick_chunks, bar_chunks=bar_chunks)
        try:
            done.result(DISCARD_WAIT_S)
        except FutureTimeoutError:
            return False
        return True


def _by_rows(chunks: Sequence[TickChunk]) -> Iterator[list[TickChunk]]:
    group: list[TickChunk] = []
    rows = 0
    for chunk in chunks:
        group.append(chunk)
        rows += chunk.rows
        if rows >= ROWS_AT_ONCE:
            yield group
            group, rows = [], 0
    if group:
        yield group
