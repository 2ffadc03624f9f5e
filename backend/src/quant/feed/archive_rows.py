"""Rows of CSV text to trades or bars: fast for whole blocks, and by hand for the line that stops one."""

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from quant.domain import Bars, BoolArray, FloatArray, IntArray, Interval, TradeBatch
from quant.errors import ArchiveError
from quant.feed import archive_layouts as col
from quant.feed.archive_bars import bar_faults, bars_from
from quant.feed.archive_layouts import Layout
from quant.feed.archive_text import MAX_REASON, TextBlock


class RowParser:
    """Parses blocks of one file. Strict: a line that is not a row raises ArchiveError with its number."""

    def __init__(self, layout: Layout, *, file: str, symbol: str, interval: Interval | None) -> None:
        self._layout = layout
        self._file = file
        self._symbol = symbol
        self._interval = interval
        self._schema = {f"c{at}": self._kind(name) for at, name in enumerate(layout.columns)}
        self._used = {name: f"c{at}" for at, name in enumerate(layout.columns) if name is not None}

    def parse(self, block: TextBlock) -> TradeBatch | Bars:
        """Return what the rows of the block hold."""
        text, first_line = block.text, block.first_line
        try:
            frame = pl.read_csv(text, has_header=False, schema=self._schema, quote_char=None)
        except PolarsError as error:
            raise self._offender(text, first_line) or ArchiveError(
                self._file, str(error)[:MAX_REASON]
            ) from error
        if frame.height != block.lines or any(frame[column].null_count() for column in self._used.values()):
            raise self._offender(text, first_line) or ArchiveError(
                self._file, "has a line that is not a row", line=first_line
            )
        return self._trades(frame, first_line) if self._interval is None else self._bars(frame, first_line)

    def _kind(self, name: str | None) -> pl.DataType | type[pl.DataType]:
        if name is None or (name == col.TIME and self._layout.dates):
            return pl.String
        if name in col.WHOLE:
            return pl.Int64
        return pl.Boolean if name in col.FLAGS else pl.Float64

    def _ints(self, frame: pl.DataFrame, name: str) -> IntArray:
        return frame[self._used[name]].to_numpy()

    def _floats(self, frame: pl.DataFrame, name: str) -> FloatArray:
        return frame[self._used[name]].to_numpy()

    def _times(self, frame: pl.DataFrame, first_line: int) -> IntArray:
        if self._layout.dates:
            dates = frame[self._used[col.TIME]].str.to_datetime(time_unit="ns", time_zone="UTC", strict=False)
            self._refuse(dates.is_null().to_numpy(), "its time is no date", first_line)
            return dates.to_physical().to_numpy()
        times = self._ints(frame, col.TIME)
        unit = self._layout.unit_ns
        low, high = col.EARLIEST_NS // unit, col.LATEST_NS // unit
        self._refuse(
            (times < low) | (times >= high), "its time is in another unit than the first", first_line
        )
        return times * unit

    def _trades(self, frame: pl.DataFrame, first_line: int) -> TradeBatch:
        times = self._times(frame, first_line)
        ids, prices, sizes = (
            self._ints(frame, col.ID),
            self._floats(frame, col.PRICE),
            self._floats(frame, col.SIZE),
        )
        counts = np.ones(len(ids), np.int64)
        void = np.zeros(len(ids), np.bool_)
        if col.FIRST in self._used:
            first, last = self._ints(frame, col.FIRST), self._ints(frame, col.LAST)
            # Binance writes such a row for an id that has no trade (any more): the id is a hole.
            void = (first == -1) & (last == -1)
            counts = last - first + 1
            self._refuse(
                ~void & ((first < 0) | (counts < 1)), "its first and last trade ids are no range", first_line
            )
        self._refuse(ids < 0, "its id is negative", first_line)
        self._refuse(
            ~void & ~(np.isfinite(prices) & (prices > 0)), "its price is not a positive number", first_line
        )
        self._refuse(
            ~void & ~(np.isfinite(sizes) & (sizes > 0)), "its size is not a positive number", first_line
        )
        sells = frame[self._used[col.MAKER]].cast(pl.UInt8).to_numpy()
        # Nobody received these: the event time stands in for the time of receipt.
        kept = np.flatnonzero(~void) if void.any() else slice(None)
        ids, times = ids[kept], times[kept]
        codes = np.zeros(len(ids), np.int32)
        rest = (prices[kept], sizes[kept], sells[kept], counts[kept])
        return TradeBatch((self._symbol,), codes, ids, times, times, *rest)

    def _bars(self, frame: pl.DataFrame, first_line: int) -> Bars:
        assert self._interval is not None  # noqa: S101  the caller has asked
        times = self._times(frame, first_line)
        prices = [self._floats(frame, name) for name in (col.OPEN, col.HIGH, col.LOW, col.CLOSE)]
        bars = bars_from(
            times,
            prices,
            self._floats(frame, col.VOLUME),
            quote_volumes=self._floats(frame, col.QUOTE) if col.QUOTE in self._used else None,
            trades=self._ints(frame, col.COUNT) if col.COUNT in self._used else None,
        )
        for wrong, reason in bar_faults(bars, self._interval):
            self._refuse(wrong, reason, first_line)
        return bars

    def _refuse(self, wrong: BoolArray, reason: str, first_line: int) -> None:
        if wrong.any():
            raise ArchiveError(self._file, reason, line=first_line + int(np.argmax(wrong)))

    def _offender(self, text: bytes, first_line: int) -> ArchiveError | None:
        """Return what is wrong with the first line that is not a row, None when each is one."""
        for at, line in enumerate(text.removesuffix(b"\n").split(b"\n")):
            reason = self._fault(line.rstrip(b"\r").split(b","))
            if reason is not None:
                return ArchiveError(self._file, reason, line=first_line + at)
        return None

    def _fault(self, fields: list[bytes]) -> str | None:
        columns = self._layout.columns
        if len(fields) != len(columns):
            return f"has {len(fields)} columns where {len(columns)} are expected"
        for name, field in zip(columns, fields, strict=True):
            if name is None or _reads_as(self._kind(name), field.strip()):
                continue
            return f"{field[:40].decode(errors='replace')!r} is no {name}"
        return None


def _reads_as(kind: pl.DataType | type[pl.DataType], field: bytes) -> bool:
    if kind == pl.String:
        return True
    if kind == pl.Boolean:
        return field.lower() in (b"true", b"false")
    try:
        value = int(field) if kind == pl.Int64 else float(field)
    except ValueError:
        return False
    return b"_" not in field and -(2**63) < value < 2**63
