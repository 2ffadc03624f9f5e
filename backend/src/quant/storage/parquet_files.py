"""One Parquet file of ticks or bars: written so that a crash leaves the old file or the new one, read into columns."""

import errno
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl
from polars.exceptions import PanicException, PolarsError

from quant.domain import Bars
from quant.errors import DamagedData, StorageError
from quant.storage import parquet_checksums as checksums
from quant.storage.records import BAR_NAMES, TICK_NAMES, Extent, StoredTicks

Step = Callable[[str], None]
"""Told of each step of a write; a test makes the process end there."""

TEMPORARY = ".tmp"

# Names for people who open the file with other tools; times are theirs too.
_TICK_COLUMNS = {
    "ids": "id",
    "ts_event": "time",
    "ts_recv": "received",
    "prices": "price",
    "sizes": "size",
    "sells": "sell",
    "counts": "trades",
}
_BAR_COLUMNS = {
    "times": "time",
    "opens": "open",
    "highs": "high",
    "lows": "low",
    "closes": "close",
    "volumes": "volume",
    "quote_volumes": "quote_volume",
    "trades": "trades",
    "qualities": "quality",
    "revisions": "revision",
    "closed": "closed",
    "first_ids": "first_id",
    "last_ids": "last_id",
    "flags": "flags",
}
_TIMES = ("time", "received")
_TIME = pl.Datetime("ns", "UTC")


def no_step(_: str) -> None:
    """Ignore a step."""


def write_ticks(path: Path, ticks: StoredTicks, *, at_step: Step = no_step) -> None:
    """Put `ticks` into `path`; its name is on the disk once the folder is synced. Raises as `write_bars` does."""
    extent = Extent(
        int(ticks.ids.min()), int(ticks.ids.max()), int(ticks.ts_event.min()), int(ticks.ts_event.max())
    )
    notes = {name: str(value) for name, value in extent._asdict().items()}
    frame = pl.DataFrame({column: getattr(ticks, name) for name, column in _TICK_COLUMNS.items()})
    frame = frame.with_columns(pl.col("sell").cast(pl.Boolean))
    _replace(path, frame, notes, at_step)


def write_bars(path: Path, bars: Bars, *, at_step: Step = no_step) -> None:
    """Put `bars` into `path`; its name is on the disk once the folder is synced.

    Raises StorageError or OSError when the disk refuses; then nothing is left of the write.
    """
    frame = pl.DataFrame({column: getattr(bars, name) for name, column in _BAR_COLUMNS.items()})
    _replace(path, frame, {}, at_step)


def read_ticks(path: Path) -> StoredTicks | None:
    """Return the file's ticks, None when there is no such file.

    Raises DamagedData when it is no longer whole, StorageError when it cannot be read now.
    """
    columns = _read(path, _TICK_COLUMNS)
    return None if columns is None else StoredTicks(*(columns[name] for name in TICK_NAMES))


def read_bars(path: Path) -> Bars | None:
    """Return the file's bars, None when there is no such file; raises as `read_ticks` does."""
    columns = _read(path, _BAR_COLUMNS)
    if columns is None:
        return None
    columns["closed"] = columns["closed"].astype(bool)
    return Bars(*(columns[name] for name in BAR_NAMES))


def read_extent(path: Path) -> Extent | None:
    """Return between which ids and times the file's ticks lie, from its footer alone; raises as `read_ticks` does."""
    with _reading(path) as file:
        if file is None:
            return None
        checksums.check(file, rows=False)
        notes = pl.read_parquet_metadata(file)
        return Extent(*(int(notes[name]) for name in Extent._fields))


def sync_folder(folder: Path) -> None:
    """Make what was renamed or made in `folder` survive a loss of power; Windows has no such call."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(path: Path, frame: pl.DataFrame, notes: Mapping[str, str], at_step: Step) -> None:
    for folder in _make(path.parent):
        sync_folder(folder)
    for column in _TIMES:
        if column in frame.columns:
            frame = frame.with_columns(pl.col(column).cast(_TIME))
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        with temporary.open("w+b") as file:
            noted = {**notes, checksums.NAME: checksums.BLANK}
            frame.write_parquet(file, compression="zstd", compression_level=1, metadata=noted)
            checksums.seal(file)
            at_step("written")
            file.flush()
            os.fsync(file.fileno())
        at_step("synced")
        temporary.replace(path)
    except (PolarsError, OSError) as error:  # polars has an error of its own for a full disk
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise StorageError(f"{path} cannot be written: {error}", path=str(path)) from error
    at_step("renamed")


def _make(folder: Path) -> list[Path]:
    """Make the folder; return those that got a new entry."""
    parents = []
    missing = folder
    while not missing.exists():
        missing = missing.parent
        parents.append(missing)
    folder.mkdir(parents=True, exist_ok=True)
    return parents


# The dtypes differ from column to column; the callers' types say which is which.
def _read(path: Path, names: Mapping[str, str]) -> dict[str, np.ndarray] | None:
    with _reading(path) as file:
        if file is None:
            return None
        checksums.check(file, rows=True)
        frame = pl.read_parquet(file)
        return {name: _column(frame, column) for name, column in names.items()}


@contextmanager
def _reading(path: Path) -> Iterator[IO[bytes] | None]:
    """Open the file, None when there is none, and say of what fails whether its bytes are to blame."""
    try:
        try:
            file = path.open("rb")
        except FileNotFoundError:
            yield None
            return
        with file:
            yield file
    except (PolarsError, PanicException, KeyError, ValueError) as error:
        raise DamagedData(f"{path} cannot be read: {error}", path=str(path)) from error
    except OSError as error:  # too many open files, say: what is there may be whole
        kind = DamagedData if error.errno == errno.EIO else StorageError
        raise kind(f"{path} cannot be read: {error}", path=str(path)) from error


def _column(frame: pl.DataFrame, name: str):  # type: ignore[no-untyped-def]
    series = frame[name]
    if series.dtype == pl.Boolean:
        series = series.cast(pl.UInt8)
    return series.to_physical().to_numpy()
