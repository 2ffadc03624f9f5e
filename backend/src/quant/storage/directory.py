"""The data directory and its single owner."""

import os
import sys
from pathlib import Path
from typing import IO

from quant.errors import DataDirectoryInUse, SettingsError

LOCK_NAME = "engine.lock"


class DataDirectory:
    """A folder that one engine owns from `claim` to `release`; the system lets go when the process dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None

    def claim(self) -> None:
        """Make the folder and take its lock.

        Raises SettingsError when the folder cannot be written, DataDirectoryInUse when another engine has it.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / LOCK_NAME).open("a+", encoding="ascii")
        except OSError as error:
            raise SettingsError(
                f"DATA_DIR={self.path} cannot be written: {error.strerror}; choose another folder",
                setting="DATA_DIR",
            ) from error
        if not _lock(lock):
            lock.close()
            holder = owner(self.path) or "another process"
            raise DataDirectoryInUse(
                f"the data directory {self.path} is in use by process {holder}: one engine owns it. Stop that one, "
                "set DATA_DIR to another folder, or run one worker (gunicorn -w 1)",
                data_dir=str(self.path),
            )
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def release(self) -> None:
        """Give the folder back; harmless when it was never claimed."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def owner(data_dir: Path) -> str:
    """Return the process that claimed the folder last, as it wrote itself down; empty when nobody did."""
    try:
        return (data_dir / LOCK_NAME).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> bool:
        try:
            file.seek(1 << 20)  # beyond the text, which must stay readable
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
