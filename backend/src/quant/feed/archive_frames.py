"""Bars in Parquet and Feather files, a slice at a time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from polars.exceptions import PanicException, PolarsError

from quant.domain import Bars, IntArray, Interval
from quant.errors import ArchiveError
from quant.feed import archive_layouts as col
from quant.feed.archive_bars import bar_faults, bars_from
from quant.feed.archive_text import MAX_REASON

SLICE_ROWS = 250_000

_TIMES = ("date", "time", "timestamp", "datetime", "open_time")
_PRICES = (col.OPEN, col.HIGH, col.LOW, col.CLOSE)


class FrameFile:
    """A file of columns `date, open, high, low, close, volume` (`quote_volume` and `trades` are taken if there)."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def blocks(self, interval: Interval, *, from_row: int) -> Iterator[tuple[int, Bars, int]]:
        """Yield first row, bars and bytes done; raise ArchiveError, which names the row, at what is no bar."""
        try:
            frame = self._scan()
            names = {name.lower(): name for name in frame.collect_schema().names()}
            total = int(frame.select(pl.len()).collect().item())
            size = self.path.stat().st_size
            for at in range(from_row, total, SLICE_ROWS):
                part = frame.slice(at, SLICE_ROWS).collect()
                bars = self._bars(part, names, at)
                for wrong, reason in bar_faults(bars, interval):
                    if wrong.any():
                        raise ArchiveError(self.path.name, reason, line=at + int(np.argmax(wrong)) + 1)
                yield at, bars, size * (at + len(bars)) // total
        except (
            PolarsError,
            OSError,
            PanicException,
        ) as error:  # damaged files make some of its readers panic
            raise ArchiveError(self.path.name, f"cannot be read: {str(error)[:MAX_REASON]}") from error

    def _scan(self) -> pl.LazyFrame:
        if self.path.suffix.lower() == ".parquet":
            return pl.scan_parquet(self.path, glob=False, hive_partitioning=False)
        return pl.scan_ipc(self.path, glob=False, hive_partitioning=False)

    def _bars(self, part: pl.DataFrame, names: dict[str, str], first_row: int) -> Bars:
        time = next((names[name] for name in _TIMES if name in names), None)
        missing = [name for name in (*_PRICES, col.VOLUME) if name not in names]
        if time is None or missing:
            raise ArchiveError(self.path.name, f"has no column {', '.join(missing or ['date'])}")
        optional = {"quote_volume": names.get(col.QUOTE), "trades": names.get("trades", names.get(col.COUNT))}
        used = [time, *(names[name] for name in (*_PRICES, col.VOLUME)), *filter(None, optional.values())]
        for name in used:
            if part[name].null_count():
                row = int(part[name].is_null().arg_true()[0])
                raise ArchiveError(self.path.name, f"{name} is empty", line=first_row + row + 1)

        def floats(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
            return part[name].cast(pl.Float64).to_numpy()

        quote, trades = optional["quote_volume"], optional["trades"]
        return bars_from(
            self._times(part[time], first_row),
            [floats(names[name]) for name in _PRICES],
            floats(names[col.VOLUME]),
            quote_volumes=None if quote is None else floats(quote),
            trades=None if trades is None else part[trades].cast(pl.Int64).to_numpy(),
        )

    def _times(self, times: pl.Series, first_row: int) -> IntArray:
        if isinstance(times.dtype, pl.Datetime):
            return times.dt.cast_time_unit("ns").to_physical().to_numpy()
        whole = times.cast(pl.Int64).to_numpy()
        if not len(whole):
            return whole
        return whole * col.unit_ns(int(whole[0]), file=self.path.name, line=first_row + 1)
