"""Writes the history: closed hours of ticks and days of bars as Parquet files, beside the journal they came from.

Adding is idempotent: what lies there already stays, by id or by revision. One process writes.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from quant.domain import Bars
from quant.errors import DamagedData
from quant.storage.history_paths import (
    DAY_NS,
    HOUR_NS,
    bar_folder,
    day_file,
    held_in,
    hour_file,
    opened_ns,
    tick_folder,
)
from quant.storage.parquet_files import (
    TEMPORARY,
    Step,
    no_step,
    read_bars,
    read_ticks,
    sync_folder,
    write_bars,
    write_ticks,
)
from quant.storage.records import BAR_NAMES, Damage, StoredTicks, join_bars, join_ticks, pick_bars

KEEP = "keep"
"""The name of an empty file in the folder of a day that stays however old it gets: somebody chose to have it."""


DAMAGED = ".damaged"
"""What is added to the name of a file that cannot be added to; readers pass it by, and it stays for a report."""

Held = TypeVar("Held")


class History:
    """The writer of a folder of Parquet files; its calls block and may come from several threads.

    A damaged file that rows are to be added to raises DamagedData; with `on_damage` it is set aside, reported there,
    and a new one begins.
    """

    def __init__(
        self, root: Path, *, on_damage: Callable[[Damage], None] | None = None, at_step: Step = no_step
    ) -> None:
        self.root = root
        self._on_damage = on_damage
        self._at_step = at_step
        self._writing = threading.Lock()  # compaction and import may run at once

    def add_ticks(self, market: str, symbol: str, ticks: StoredTicks, *, keep: bool = False) -> int:
        """Put ticks into the files of their hours, on the disk when this returns; return how many files changed.

        An hour that is there already is read and written again.
        `keep` exempts their days from `retire`. Raises StorageError or OSError when the disk refuses, DamagedData
        when the file to be added to is no longer whole.
        """
        folder = tick_folder(self.root, market, symbol)
        hours = ticks.ts_event // HOUR_NS
        with self._writing:
            paths = [
                path
                for hour in np.unique(hours).tolist()
                if self._add_hour(market, symbol, path := hour_file(folder, hour), ticks.at(hours == hour))
            ]
            return self._synced(paths, keep=keep)

    def _add_hour(self, market: str, symbol: str, path: Path, ticks: StoredTicks) -> bool:
        held = self._held(read_ticks, path, market, symbol)
        joined = join_ticks([ticks] if held is None else [held, ticks])
        if held is not None and len(joined) == len(held):
            return False
        write_ticks(path, joined, at_step=self._at_step)
        return True

    def add_bars(self, market: str, symbol: str, interval: str, bars: Bars, *, keep: bool = False) -> int:
        """Put bars into the files of their days, on the disk when this returns; return how many files changed.

        `keep` exempts these days from `retire`. Raises as `add_ticks` does.
        """
        folder = bar_folder(self.root, market, symbol, interval)
        days = bars.times // DAY_NS
        with self._writing:
            paths = [
                path
                for day in np.unique(days).tolist()
                if self._add_day(market, symbol, path := day_file(folder, day), pick_bars(bars, days == day))
            ]
            return self._synced(paths, keep=keep)

    def _add_day(self, market: str, symbol: str, path: Path, bars: Bars) -> bool:
        held = self._held(read_bars, path, market, symbol)
        joined = join_bars([bars] if held is None else [held, bars])
        if held is not None and _same(held, joined):
            return False
        write_bars(path, joined, at_step=self._at_step)
        return True

    def _held(self, read: Callable[[Path], Held | None], path: Path, market: str, symbol: str) -> Held | None:
        try:
            return read(path)
        except DamagedData as error:
            if self._on_damage is None:
                raise
            kept = _set_aside(path)
            at = opened_ns(path)
            self._on_damage(
                Damage(str(kept), held_in(path), 0, market, symbol, at, at, f"set aside: {error.message}")
            )
            return None

    def _synced(self, paths: list[Path], *, keep: bool) -> int:
        for folder in sorted({path.parent for path in paths}):
            if keep:
                (folder / KEEP).touch()
            sync_folder(folder)
            self._at_step("folder synced")
        return len(paths)

    def retire(self, *, ticks_before_ns: int | None = None, bars_before_ns: int | None = None) -> int:
        """Delete hours of ticks and days of bars that ended by then, but for kept days; return how many files went."""
        return self._retire("ticks", ticks_before_ns, HOUR_NS) + self._retire("bars", bars_before_ns, DAY_NS)

    def _retire(self, kind: str, before_ns: int | None, width: int) -> int:
        if before_ns is None:
            return 0
        with self._writing:
            old = [
                path
                for path in (self.root / kind).glob("market=*/**/date=*/*.parquet")
                if opened_ns(path) + width <= before_ns and not (path.parent / KEEP).exists()
            ]
            for path in old:
                path.unlink()
            for folder in {path.parent for path in old}:
                if not any(folder.iterdir()):
                    folder.rmdir()
        return len(old)

    def sweep(self) -> int:
        """Delete what writes that were cut short have left; return how many files. For the owner, at its start."""
        with self._writing:
            left = list(self.root.glob(f"**/*{TEMPORARY}"))
            for path in left:
                path.unlink()
                sync_folder(path.parent)
        return len(left)


def _set_aside(path: Path) -> Path:
    kept = path.with_name(path.name + DAMAGED)
    earlier = 1
    while kept.exists():
        earlier += 1
        kept = path.with_name(f"{path.name}{DAMAGED}-{earlier}")
    path.rename(kept)
    return kept


def _same(a: Bars, b: Bars) -> bool:
    # Bit for bit, since NaN (a quote volume that nobody told us) equals itself here.
    return all(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in BAR_NAMES)
