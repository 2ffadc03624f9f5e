"""Reads the history's Parquet files, beside whoever writes them: a file is always a whole one, the old or the new."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from quant.domain import Bars
from quant.errors import DamagedData
from quant.storage.history_paths import (
    bar_folder,
    day_files,
    held_in,
    hour_files,
    market_pattern,
    names,
    opened_ns,
    tick_folder,
)
from quant.storage.parquet_files import read_bars, read_extent, read_ticks
from quant.storage.records import (
    Damage,
    Extent,
    StoredTicks,
    gather,
    join_bars,
    join_ticks,
    newest_bars,
    no_ticks,
    oldest_bars,
    within,
)

Read = TypeVar("Read")


class HistoryReader:
    """A folder of Parquet files. A damaged file raises DamagedData, or goes to `on_damage` and is left out."""

    def __init__(self, root: Path, *, on_damage: Callable[[Damage], None] | None = None) -> None:
        self.root = root
        self._on_damage = on_damage

    # --- what there is ---

    def markets(self) -> tuple[str, ...]:
        return names(self.root, "*/market=*")

    def symbols(self, market: str) -> tuple[str, ...]:
        return names(self.root, market_pattern(market))

    def intervals(self, market: str, symbol: str) -> tuple[str, ...]:
        return names(bar_folder(self.root, market, symbol, "1m").parent, "interval=*")

    def extent(self, market: str, symbol: str) -> Extent | None:
        """Return between which ids and times ticks are stored, from the first and the last file's footers."""
        files = hour_files(tick_folder(self.root, market, symbol), start_ns=None, end_ns=None)
        whole: Extent | None = None
        for path in (*files[:1], *files[-1:]):
            extent = self._guarded(read_extent, path, market, symbol)
            whole = whole if extent is None else extent.joined(whole)
        return whole

    # --- rows ---

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
        if limit is not None and limit < 1:
            return no_ticks()
        files = hour_files(tick_folder(self.root, market, symbol), start_ns=start_ns, end_ns=end_ns)

        def load(path: Path) -> StoredTicks:
            ticks = self._guarded(read_ticks, path, market, symbol)
            return within(ticks or no_ticks(), start_ns=start_ns, end_ns=end_ns, after_id=after_id)

        if limit is None and after_id is None:
            return join_ticks([load(path) for path in files])
        parts = (
            (extent.first_id, partial(load, path))
            for path in files
            if (extent := self._guarded(read_extent, path, market, symbol)) is not None
            and (after_id is None or extent.last_id > after_id)
        )
        if limit is None:
            return join_ticks([read() for _, read in parts])
        held = gather(parts, limit, lambda ticks, first_id: first_id > int(ticks.ids[limit - 1]))
        return held.at(slice(limit))

    def last_ticks(self, market: str, symbol: str, *, n: int, end_ns: int | None = None) -> StoredTicks:
        """Return the ticks of the `n` highest ids (before `end_ns`)."""
        if n < 1:
            return no_ticks()
        held = gather(
            self._backwards(market, symbol, end_ns), n, lambda ticks, last_id: last_id < int(ticks.ids[-n])
        )
        return held.at(slice(max(len(held) - n, 0), None))

    def _backwards(
        self, market: str, symbol: str, end_ns: int | None
    ) -> Iterator[tuple[int, Callable[[], StoredTicks]]]:
        def load(path: Path) -> StoredTicks:
            ticks = self._guarded(read_ticks, path, market, symbol)
            return within(ticks or no_ticks(), start_ns=None, end_ns=end_ns, after_id=None)

        for path in reversed(
            hour_files(tick_folder(self.root, market, symbol), start_ns=None, end_ns=end_ns)
        ):
            extent = self._guarded(read_extent, path, market, symbol)
            if extent is not None:
                yield extent.last_id, partial(load, path)

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
        parts: list[Bars] = []
        rows = 0
        for path in reversed(
            day_files(bar_folder(self.root, market, symbol, interval), start_ns=start, end_ns=end)
        ):
            if limit is not None and rows >= limit:
                break
            part = self._guarded(read_bars, path, market, symbol)
            if part is not None:
                parts.append(newest_bars(part, limit=None, start=start, end=end))
                rows += len(parts[-1])
        return newest_bars(join_bars(parts[::-1]), limit=limit, start=start, end=end)

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
        parts: list[Bars] = []
        rows = 0
        for path in day_files(bar_folder(self.root, market, symbol, interval), start_ns=start, end_ns=end):
            if rows >= limit:
                break
            part = self._guarded(read_bars, path, market, symbol)
            if part is not None:
                parts.append(newest_bars(part, limit=None, start=start, end=end))
                rows += len(parts[-1])
        return oldest_bars(join_bars(parts), limit=limit, start=start, end=end)

    # --- inside ---

    def _guarded(
        self, read: Callable[[Path], Read | None], path: Path, market: str, symbol: str
    ) -> Read | None:
        """Return what `read` does; None also for a damaged file when somebody listens for those."""
        try:
            return read(path)
        except DamagedData as error:
            if self._on_damage is None:
                raise
            at = opened_ns(path)
            self._on_damage(Damage(str(path), held_in(path), 0, market, symbol, at, at, error.message))
            return None
