"""One reading face for all that is stored: journal and history together, each tick and bar once."""

from collections.abc import Callable
from pathlib import Path

from quant.domain import Bars
from quant.storage.history_reader import HistoryReader
from quant.storage.id_ranges import IdRange, IdRanges
from quant.storage.journal_reader import JournalReader
from quant.storage.records import (
    Damage,
    Extent,
    StoredHole,
    StoredTicks,
    join_bars,
    join_ticks,
    newest_bars,
    oldest_bars,
)

JOURNAL_NAME = "journal.sqlite"
HISTORY_NAME = "history"
IDS_AT_ONCE = 250_000


class Store:
    """Reads a data directory, beside its owner or without one. Calls block for the disk; any thread may make them.

    The journal is read before the history throughout: rows that compaction moves meanwhile are then found in one of
    them at least, in both at most. Damage raises DamagedData, or goes to `on_damage` and is left out.
    """

    def __init__(self, data_dir: Path, *, on_damage: Callable[[Damage], None] | None = None) -> None:
        self.journal = JournalReader(data_dir / JOURNAL_NAME, on_damage=on_damage)
        self.history = HistoryReader(data_dir / HISTORY_NAME, on_damage=on_damage)

    def markets(self) -> tuple[str, ...]:
        return tuple(sorted({*self.journal.markets(), *self.history.markets()}))

    def symbols(self, market: str) -> tuple[str, ...]:
        return tuple(sorted({*self.journal.symbols(market), *self.history.symbols(market)}))

    def intervals(self, market: str, symbol: str) -> tuple[str, ...]:
        """Return the intervals of which bars are stored."""
        found = {*self.journal.intervals(market, symbol), *self.history.intervals(market, symbol)}
        return tuple(sorted(found))

    def extent(self, market: str, symbol: str) -> Extent | None:
        """Return between which ids and times ticks are stored, None when there are none."""
        newer = self.journal.extent(market, symbol)
        older = self.history.extent(market, symbol)
        return older if newer is None else newer.joined(older)

    def newest_ts(self) -> int | None:
        """Return the newest event time of all ticks, whatever their market; None when there are none."""
        keys = [(market, symbol) for market in self.markets() for symbol in self.symbols(market)]
        return max(
            (extent.last_ts for key in keys if (extent := self.extent(*key)) is not None), default=None
        )

    def holes(self, market: str, symbol: str) -> tuple[StoredHole, ...]:
        """Return the ledger's holes as last stored, oldest first."""
        return self.journal.holes(market, symbol)

    def unstored(self, market: str, symbol: str) -> tuple[IdRange, ...]:
        """Return the ids that arrived, could not be stored, and did not come again."""
        return self.journal.unstored(market, symbol)

    def ticks(
        self,
        market: str,
        symbol: str,
        *,
        start_ns: int | None = None,
        end_ns: int | None = None,
        after_id: int | None = None,
        limit: int | None = None,
    ) -> StoredTicks:
        """Return the ticks with start ≤ event time < end and an id above `after_id`, the lowest `limit` ids of them."""
        span = {"start_ns": start_ns, "end_ns": end_ns, "after_id": after_id, "limit": limit}
        newer = self.journal.ticks(market, symbol, **span)
        older = self.history.ticks(market, symbol, **span)
        return join_ticks([older, newer]).at(slice(limit))

    def ids_between(self, market: str, symbol: str, ids: IdRange) -> IdRanges:
        """Return which of `ids` are stored."""
        held, after, limit = (
            IdRanges(),
            ids.first_id - 1,
            1,
        )  # most often none is, as the first one after them shows
        while after < ids.last_id:
            found = self.ticks(market, symbol, after_id=after, limit=limit).ids
            if not len(found):
                break
            held.add_ids(found[found <= ids.last_id])
            after, limit = int(found[-1]), IDS_AT_ONCE
        return held

    def last_ticks(self, market: str, symbol: str, *, n: int, end_ns: int | None = None) -> StoredTicks:
        """Return the ticks of the `n` highest ids (before `end_ns`)."""
        newer = self.journal.last_ticks(market, symbol, n=n, end_ns=end_ns)
        older = self.history.last_ticks(market, symbol, n=n, end_ns=end_ns)
        both = join_ticks([older, newer])
        return both.at(slice(max(len(both) - n, 0), None))

    def bars(
        self,
        market: str,
        symbol: str,
        interval: str,
        *,
        limit: int | None = None,
        start: int | None = None,
        end: int | None = None,
    ) -> Bars:
        """Return the newest `limit` bars with start ≤ open time < end (ns), oldest first."""
        newer = self.journal.bars(market, symbol, interval, limit=limit, start=start, end=end)
        older = self.history.bars(market, symbol, interval, limit=limit, start=start, end=end)
        return newest_bars(join_bars([older, newer]), limit=limit, start=start, end=end)

    def first_bars(
        self,
        market: str,
        symbol: str,
        interval: str,
        *,
        limit: int,
        start: int | None = None,
        end: int | None = None,
    ) -> Bars:
        """Return the oldest `limit` bars with start ≤ open time < end (ns), oldest first."""
        newer = self.journal.first_bars(market, symbol, interval, limit=limit, start=start, end=end)
        older = self.history.first_bars(market, symbol, interval, limit=limit, start=start, end=end)
        return oldest_bars(join_bars([older, newer]), limit=limit, start=start, end=end)
