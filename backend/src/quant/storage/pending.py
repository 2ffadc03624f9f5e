"""What waits for the journal's next commit: bounded, counted, and listed by id when it does not fit."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from quant.domain import Bars, IntArray, TradeBatch
from quant.storage.id_ranges import IdRange, IdRanges
from quant.storage.journal_file import StreamKey
from quant.storage.journal_writer import Flush
from quant.storage.records import StoredHole, StoredTicks, distinct

MAX_FLUSH_ROWS = 250_000
"""Rows of one commit, 12 MB: catching up after a failure must not make one commit of minutes."""


@dataclass(frozen=True, slots=True)
class _Entry:
    ticket: int
    at_s: float
    market: str
    batch: TradeBatch | None
    bars: tuple[StreamKey, str, Bars] | None
    joined: bool = False  # in one commit with the entry before
    holes: dict[StreamKey, tuple[StoredHole, ...]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(self.batch or ()) + (len(self.bars[2]) if self.bars else 0)


@dataclass(frozen=True, slots=True)
class Taken:
    """What the next commit is made of, not yet sorted by symbol; `ticket` is the last append that it settles."""

    entries: list[_Entry]
    holes: dict[StreamKey, tuple[StoredHole, ...]]
    dropped: dict[StreamKey, tuple[IdRange, ...]]
    ticket: int
    rows: int
    oldest_s: float | None

    def sorted_by_symbol(self) -> Flush:
        """Return the same as one commit's contents; takes long enough to be done without the lock."""
        ticks = group_ticks(
            [(entry.market, entry.batch) for entry in self.entries if entry.batch is not None]
        )
        bars: dict[tuple[StreamKey, str], list[Bars]] = {}
        for entry in self.entries:
            if entry.bars is not None:
                key, interval, part = entry.bars
                bars.setdefault((key, interval), []).append(part)
        return Flush(ticks, bars, self.holes, self.dropped)


class Pending:
    """Rows in the order of their coming. Not locked: whoever shares it brings the lock."""

    def __init__(self, *, max_rows: int) -> None:
        self.rows = 0
        self.dropped_rows = 0
        self.dropped_bars = 0
        self._max_rows = max_rows
        self._ticket = 0
        self._entries: deque[_Entry] = deque()
        self._dropped: dict[StreamKey, IdRanges] = {}

    @property
    def ticket(self) -> int:
        """Return the number of the newest append."""
        return self._ticket

    @property
    def oldest_s(self) -> float | None:
        return self._entries[0].at_s if self._entries else None

    def __bool__(self) -> bool:
        return bool(self._entries or self._dropped)

    @property
    def dropped(self) -> dict[StreamKey, tuple[IdRange, ...]]:
        """Return the ids that did not fit and are not yet listed on disk."""
        return {key: ranges.ranges for key, ranges in self._dropped.items()}

    def dropped_of(self, key: StreamKey) -> tuple[IdRange, ...]:
        """Return those of one stream."""
        ranges = self._dropped.get(key)
        return ranges.ranges if ranges else ()

    def add_ticks(self, market: str, batch: TradeBatch, *, at_s: float, others: int) -> int:
        """Take in a copy, or note its ids as dropped when it and `others` exceed the bound; return its ticket."""
        self._ticket += 1
        if self.rows + others + len(batch) > self._max_rows:
            self.drop(group_ticks([(market, batch)]))
        else:
            self._entries.append(_Entry(self._ticket, at_s, market, _copied(batch), None))
            self.rows += len(batch)
        return self._ticket

    def add_bars(
        self, key: StreamKey, interval: str, bars: Bars, *, at_s: float, others: int, joined: bool = False
    ) -> int:
        """Take in bars, or count them as dropped: they can be made again from the ticks; return their ticket.

        `joined` bars go into the commit of what was taken in before them.
        """
        self._ticket += 1
        if self.rows + others + len(bars) > self._max_rows:
            self.dropped_bars += len(bars)
        else:
            self._entries.append(_Entry(self._ticket, at_s, key.market, None, (key, interval, bars), joined))
            self.rows += len(bars)
        return self._ticket

    def put_holes(self, key: StreamKey, holes: tuple[StoredHole, ...], *, at_s: float) -> int:
        """Take in the list of a symbol's holes, for the commit of what was taken in before it; return its ticket."""
        self._ticket += 1
        if not self._entries:
            self._entries.append(_Entry(self._ticket, at_s, key.market, None, None))
        self._entries[-1].holes[key] = holes
        return self._ticket

    def drop(self, ticks: dict[StreamKey, StoredTicks]) -> None:
        """Give these trades up and list their ids."""
        for key, rows in ticks.items():
            self._dropped.setdefault(key, IdRanges()).add_ids(rows.ids)
            self.dropped_rows += len(rows)

    def list_dropped(self, dropped: dict[StreamKey, tuple[IdRange, ...]]) -> None:
        """List ids: those whose listing was not committed, or that are gone from the disk."""
        for key, ranges in dropped.items():
            held = self._dropped.setdefault(key, IdRanges())
            for ids in ranges:
                held.add(*ids)

    def take(self) -> Taken:
        """Take out what the next commit shall hold, oldest first."""
        entries: list[_Entry] = []
        oldest_s, rows = self.oldest_s, 0
        while self._entries and (
            not entries or self._entries[0].joined or rows + self._entries[0].rows <= MAX_FLUSH_ROWS
        ):
            entries.append(self._entries.popleft())
            rows += entries[-1].rows
        self.rows -= rows
        ticket = entries[-1].ticket if self._entries else self._ticket
        holes = {key: listed for entry in entries for key, listed in entry.holes.items()}
        taken = Taken(entries, holes, self.dropped, ticket, rows, oldest_s)
        self._dropped = {}
        return taken


def group_ticks(batches: Iterable[tuple[str, TradeBatch]]) -> dict[StreamKey, StoredTicks]:
    """Return the trades of each symbol by rising id."""
    codes: dict[StreamKey, int] = {}
    parts: list[tuple[IntArray, TradeBatch]] = []
    for market, batch in batches:
        if not len(batch):
            continue
        by_symbol = {
            symbol: codes.setdefault(StreamKey(market, symbol), len(codes)) for symbol in batch.present()
        }
        table = np.array([by_symbol.get(symbol, -1) for symbol in batch.names], np.int64)
        parts.append((table[batch.codes], batch))
    if not parts:
        return {}
    rows = np.concatenate([part for part, _ in parts])
    columns = StoredTicks(
        np.concatenate([batch.ids for _, batch in parts]),
        np.concatenate([batch.ts_event for _, batch in parts]),
        np.concatenate([batch.ts_recv for _, batch in parts]),
        np.concatenate([batch.prices for _, batch in parts]),
        np.concatenate([batch.sizes for _, batch in parts]),
        np.concatenate([batch.sells for _, batch in parts]),
        np.concatenate([batch.counts for _, batch in parts]),
    )
    if len(codes) == 1:
        return {next(iter(codes)): distinct(columns)}
    order = np.argsort(rows, kind="stable")
    ends = np.cumsum(np.bincount(rows, minlength=len(codes))).tolist()
    return {
        key: distinct(columns.at(order[(ends[code - 1] if code else 0) : ends[code]]))
        for key, code in codes.items()
    }


def _copied(batch: TradeBatch) -> TradeBatch:
    return TradeBatch(
        batch.names,
        batch.codes.copy(),
        batch.ids.copy(),
        batch.ts_event.copy(),
        batch.ts_recv.copy(),
        batch.prices.copy(),
        batch.sizes.copy(),
        batch.sells.copy(),
        batch.counts.copy(),
    )
