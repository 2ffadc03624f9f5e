"""Log files that are begun anew by size and by age, and that together never take more than a given space."""

import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

MOST_OF_TOTAL = 4
"""A file may have a quarter of the space, so that at least three older ones stay when it is full."""

SECONDS_PER_DAY = 86_400
MICROSECONDS = 1_000_000


class CappedLog(logging.Handler):
    """Appends a line a record to `path`, and keeps that file and those it was before within `total_bytes`.

    A file is set aside, its name with the UTC time in it, before it would pass `file_bytes` and when the clock passes
    a multiple of `file_hours`. The oldest ones are removed for their space, and after `keep_days`: with a line, at the
    start and with `tidy`. Other processes may write, rename and remove the same files. Where the disk refuses, lines
    are counted in `lost`, and nothing stops.
    """

    def __init__(
        self,
        path: Path,
        *,
        file_bytes: int,
        total_bytes: int,
        file_hours: int,
        keep_days: int,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Open `path`; raises OSError where that cannot be done."""
        super().__init__()
        self.path = path
        self.lost = 0
        self._file_bytes = min(file_bytes, total_bytes // MOST_OF_TOTAL)
        self._total_bytes = total_bytes
        self._period_s = file_hours * 3600
        self._keep_s = keep_days * SECONDS_PER_DAY
        self._now = now
        self._refused = False
        self._torn = False
        self._file = -1
        self._begin()
        self._period = self._period_of(os.fstat(self._file).st_mtime)
        self.tidy()

    def emit(self, record: logging.LogRecord) -> None:
        """Append the record; one that cannot be formatted is told on standard error, as Python's own handlers do."""
        try:
            line = f"{self.format(record)}\n".encode(errors="backslashreplace")
        except Exception:  # noqa: BLE001  whatever a record's own text raises must not stop who logs it
            self.handleError(record)
            return
        try:
            self._write(line)
        except OSError as error:
            self.lost += 1
            if not self._refused:
                self._refused = True
                sentence = f"quant: {self.path} cannot be written, log lines are lost: {error}"
                with contextlib.suppress(OSError):  # standard error may be a file on the same disk
                    print(sentence, file=sys.stderr)  # noqa: T201  the log itself cannot tell
        else:
            self._refused = False

    def tidy(self) -> None:
        """Do what is due by the clock, though nothing is logged; what the disk refuses is done another time."""
        self.acquire()
        try:
            with contextlib.suppress(OSError):
                self._begin_anew_if_due()
                self._make_room()
        finally:
            self.release()

    def close(self) -> None:
        self.acquire()
        try:
            self._let_go()
        finally:
            self.release()
            super().close()

    def _begin_anew_if_due(self, *, coming: int = 0) -> None:
        """Set the file aside where its time is over, or the bytes that come would be too many."""
        size = self._size_of_opened()
        period = self._period_of(self._now())
        if size and (size + coming > self._file_bytes or period != self._period):
            self._set_aside()
        self._period = period

    def _write(self, line: bytes) -> None:
        self._begin_anew_if_due(coming=len(line))
        rest = memoryview(b"\n" + line if self._torn else line)
        try:
            while rest:  # a full disk takes a part first, then refuses
                rest = rest[os.write(self._file, rest) :]
        finally:
            self._torn = 0 < len(rest) < len(line)

    def _size_of_opened(self) -> int:
        """Return the size of the file, which is opened again where another process has set it aside."""
        try:
            opened = os.fstat(self._file)
            is_ours = os.path.samestat(self.path.stat(), opened)
        except OSError:  # nothing of that name, or nothing open since the disk refused
            is_ours = False
        if not is_ours:
            self._begin()
            opened = os.fstat(self._file)
        return opened.st_size

    def _begin(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Each line is one write to the end, so that those of several processes do not mix.
        fresh = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        self._let_go()
        self._file = fresh

    def _let_go(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _set_aside(self) -> None:
        micros = int(self._now() * MICROSECONDS)
        while (target := self._named(micros)).exists():
            micros += 1
        if sys.platform == "win32":  # where no file can be renamed that is open
            self._let_go()
        try:
            self.path.rename(target)
        except PermissionError:  # on Windows another process has it open: it grows until that one has ended
            if sys.platform != "win32":
                raise
        self._begin()
        self._make_room()

    def _named(self, micros: int) -> Path:
        moment = datetime.fromtimestamp(micros // MICROSECONDS, UTC)
        name = f"{self.path.stem}-{moment:%Y%m%dT%H%M%S}.{micros % MICROSECONDS:06d}Z{self.path.suffix}"
        return self.path.with_name(name)

    def _make_room(self) -> None:
        """Remove what is too old, and the oldest until a whole new file has room within the total."""
        found = sorted(self.path.parent.glob(f"{self.path.stem}-*Z{self.path.suffix}"), reverse=True)
        room = self._total_bytes - self._file_bytes
        for path in found:
            try:
                held = path.stat()
                room -= held.st_size
                if room < 0 or held.st_mtime < self._now() - self._keep_s:
                    path.unlink()
            except FileNotFoundError:
                continue  # another process was faster

    def _period_of(self, when_s: float) -> int:
        return int(when_s // self._period_s)
