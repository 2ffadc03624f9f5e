"""How much the files of a folder take."""

import asyncio
import os
import time
from pathlib import Path

FRESH_S = 60.0


class FolderSize:
    """The size of one folder, read at most once a minute: a store of years has tens of thousands of files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._bytes: int | None = None
        self._read_s: float | None = None
        self._reading = asyncio.Lock()

    async def bytes(self) -> int | None:
        """Return what the files take, as it was within the last minute; None where the folder cannot be read."""
        async with self._reading:
            if self._read_s is None or time.monotonic() - self._read_s > FRESH_S:
                self._bytes = await asyncio.to_thread(_size, self._folder)
                self._read_s = time.monotonic()
            return self._bytes


def _size(folder: Path) -> int | None:
    """Return the sum of the files' sizes; files that go away meanwhile are not counted."""
    size, waiting = 0, [os.fspath(folder)]
    is_top = True
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        size += _file_size(entry)
        except OSError:
            if is_top:
                return None
        is_top = False
    return size


def _file_size(entry: "os.DirEntry[str]") -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0
