"""Puts the rows of a file into the history, in bounded memory, and says what the file lacks.

Rows are stored hour by hour (bars: block by block) and the file's hash and row are remembered after each, so that an
import that was cut short goes on there. Storing again changes nothing: rows are merged by id.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from quant.domain import Bars, Interval, TradeBatch
from quant.storage.history import History
from quant.storage.history_paths import DAY_NS, HOUR_NS
from quant.storage.id_audit import IdAudit
from quant.storage.id_ranges import IdRange
from quant.storage.import_ledger import ImportLedger, ImportState
from quant.storage.records import StoredTicks, join_ticks

MAX_WAITING_ROWS = 2_000_000
"""Trades of an hour that has not ended in the file, 100 MB; a busier hour is stored in parts."""

SAVE_EVERY_ROWS = 500_000
"""How much of a file is read again at most after an import was cut short; storing it again changes nothing."""


class ImportBlock(Protocol):
    """Some rows of a file; `data` may hold fewer where rows are void."""

    @property
    def first_row(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def bytes_done(self) -> int: ...
    @property
    def data(self) -> TradeBatch | Bars: ...


class ImportSource(Protocol):
    """A file to import, as the archive reader opens it."""

    @property
    def name(self) -> str: ...
    @property
    def symbol(self) -> str: ...
    @property
    def interval(self) -> Interval | None: ...  # of bars; None for trades
    @property
    def digest(self) -> str: ...
    @property
    def size(self) -> int: ...
    def blocks(self, *, from_row: int = 0) -> Iterable[ImportBlock]: ...


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import has come; bytes are of the file as it lies on the disk."""

    rows: int
    bytes_done: int
    bytes_total: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import found; of bars, ids are open times in ns and `missing` counts bars."""

    name: str
    market: str
    symbol: str
    interval: str | None
    rows: int
    resumed_from: int  # rows that earlier runs had stored
    files_changed: int
    first: int | None
    last: int | None
    duplicates: int
    out_of_order: int
    holes: tuple[IdRange, ...]
    missing: int


def import_file(
    source: ImportSource,
    *,
    market: str,
    history: History,
    ledger: ImportLedger,
    on_progress: Callable[[ImportProgress], None] | None = None,
    on_days: Callable[[set[int]], None] | None = None,
    again: bool = False,
) -> ImportReport:
    """Store what the file holds; return what it lacks. Blocks: it belongs on a thread of its own.

    `on_days` is told of each day (since the epoch) before its first trade is stored, on another thread.

    A file that was stored before is not read, except `again`: after its hours were retired, say.

    An exception from `on_progress` stops the import, which can be resumed. Raises what the source does at a bad line
    (the rows before its block are kept), StorageError or OSError when the disk refuses.
    """
    state = ledger.state(digest=source.digest, market=market, series=_series(source))
    if again:
        state = ImportState(0, IdAudit(), finished=False)
    started = _Import(source, market, history, ledger, state, on_days)
    resumed_from = state.rows
    if not state.finished:
        for progress in started.run():
            if on_progress is not None:
                on_progress(progress)
    return started.report(resumed_from)


@dataclass(slots=True)
class _Waiting:
    """A block with trades of hours that have not ended yet in the file, and the audit as it was before the block."""

    first_row: int
    audit: IdAudit
    ticks: StoredTicks


class _Import:
    def __init__(
        self,
        source: ImportSource,
        market: str,
        history: History,
        ledger: ImportLedger,
        state: ImportState,
        on_days: Callable[[set[int]], None] | None,
    ) -> None:
        self._source = source
        self._market = market
        self._history = history
        self._ledger = ledger
        self._rows = self._saved = state.rows
        self._audit = state.audit
        self._unit = 1 if source.interval is None else source.interval.ns
        self._files = 0
        self._on_days = on_days
        self._days: set[int] = set()  # that were told of
        self._waiting: list[_Waiting] = []
        self._storing: Future[None] | None = None

    def run(self) -> Iterator[ImportProgress]:
        with ThreadPoolExecutor(1, thread_name_prefix="import") as pool:
            for block in self._source.blocks(from_row=self._rows):
                before = self._audit.copy()
                self._rows = block.first_row + block.rows
                if isinstance(block.data, TradeBatch):
                    self._audit.see(block.data.ids)
                    self._waiting.append(_Waiting(block.first_row, before, _stored(block.data)))
                    self._store(pool, self._ended_hours())
                else:
                    self._audit.see(block.data.times // self._unit)
                    self._store(pool, block.data)
                yield ImportProgress(self._rows, block.bytes_done, self._source.size)
            rest, self._waiting = self._waiting, []
            self._store(pool, [part.ticks for part in rest], finished=True)
            self._wait()
        yield ImportProgress(self._rows, self._source.size, self._source.size)

    def _ended_hours(self) -> list[StoredTicks]:
        """Return all but the newest hour, which goes on in the next block."""
        newest = max((int(part.ticks.ts_event.max()) for part in self._waiting if len(part.ticks)), default=0)
        open_from = newest // HOUR_NS * HOUR_NS
        if sum(len(part.ticks) for part in self._waiting) > MAX_WAITING_ROWS:
            open_from = newest + 1
        ended = [part.ticks.at(part.ticks.ts_event < open_from) for part in self._waiting]
        for part in self._waiting:
            part.ticks = part.ticks.at(part.ticks.ts_event >= open_from)
        self._waiting = [part for part in self._waiting if len(part.ticks)]
        return [ticks for ticks in ended if len(ticks)]

    def _store(
        self, pool: ThreadPoolExecutor, data: list[StoredTicks] | Bars, *, finished: bool = False
    ) -> None:
        """Store rows on the other thread, while the next block is read: one lot at a time, so memory is bounded."""
        self._wait()
        if len(data) or finished:
            self._storing = pool.submit(self._add, data, self._due(finished=finished))

    def _wait(self) -> None:
        if self._storing is not None:
            self._storing.result()

    def _add(self, data: list[StoredTicks] | Bars, state: ImportState | None) -> None:
        market, symbol = self._market, self._source.symbol
        if isinstance(data, Bars):
            assert self._source.interval is not None  # noqa: S101  a source of bars has one
            self._files += self._history.add_bars(market, symbol, self._source.interval.name, data, keep=True)
        elif data:
            ticks = join_ticks(data)
            self._tell_days(ticks)
            self._files += self._history.add_ticks(market, symbol, ticks, keep=True)
        if state is not None:  # only now: what it counts is on the disk
            key = {"digest": self._source.digest, "market": market, "series": _series(self._source)}
            self._ledger.save(state, **key, name=self._source.name)

    def _tell_days(self, ticks: StoredTicks) -> None:
        days = set(np.unique(ticks.ts_event // DAY_NS).tolist()) - self._days
        if days and self._on_days is not None:
            self._on_days(days)
        self._days |= days

    def _due(self, *, finished: bool) -> ImportState | None:
        """Return the first row that will not be stored and the audit of all before it, if it is time to remember."""
        rows, audit = self._rows, self._audit
        if self._waiting:
            rows, audit = self._waiting[0].first_row, self._waiting[0].audit
        if not finished and rows - self._saved < SAVE_EVERY_ROWS:
            return None
        self._saved = rows
        return ImportState(rows, audit.copy(), finished=finished)

    def report(self, resumed_from: int) -> ImportReport:
        span, unit = self._audit.span, self._unit
        holes = self._audit.holes
        return ImportReport(
            name=self._source.name,
            market=self._market,
            symbol=self._source.symbol,
            interval=None if self._source.interval is None else self._source.interval.name,
            rows=self._rows,
            resumed_from=resumed_from,
            files_changed=self._files,
            first=None if span is None else span.first_id * unit,
            last=None if span is None else span.last_id * unit,
            duplicates=self._audit.duplicates,
            out_of_order=self._audit.out_of_order,
            holes=tuple(IdRange(hole.first_id * unit, hole.last_id * unit) for hole in holes),
            missing=sum(hole.size for hole in holes),
        )


def _series(source: ImportSource) -> str:
    return source.symbol if source.interval is None else f"{source.symbol} {source.interval}"


def _stored(batch: TradeBatch) -> StoredTicks:
    return StoredTicks(
        batch.ids, batch.ts_event, batch.ts_recv, batch.prices, batch.sizes, batch.sells, batch.counts
    )
