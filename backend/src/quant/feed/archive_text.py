"""Lines of a CSV file, zipped, gzipped or plain, in blocks that end with a line; the next is read ahead."""

import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from quant.errors import ArchiveError

BLOCK_BYTES = 8 << 20
"""About 120,000 trades: at most three blocks are in memory."""

MAX_LINE = 64 << 10
MAX_REASON = 200

UNREADABLE = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    struct.error,
    NotImplementedError,  # a way of packing that Python does not know
    RuntimeError,  # a password is asked for
    ValueError,
)
"""What Python's own readers of packed files raise where a file is not what it should be."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Whole lines, and how many; `first_line` counts from 1."""

    text: bytes
    lines: int
    first_line: int
    bytes_done: int  # of the file as it lies on the disk


class TextFile:
    """A text file; every call reads it anew."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def first_lines(self, n: int) -> list[bytes]:
        """Return up to `n` lines without their ends."""
        with self._open() as (lines, _):
            return [line.rstrip(b"\r\n") for line in (lines.readline(MAX_LINE) for _ in range(n)) if line]

    def blocks(self, *, skip_lines: int) -> Iterator[TextBlock]:
        """Yield all lines but the first `skip_lines`. Raises ArchiveError where the file is torn."""
        line = 1
        for raw, bytes_done in self._ahead():
            text = raw
            if line <= skip_lines:
                text, skipped = _without_lines(raw, skip_lines + 1 - line)
                line += skipped
            if text:
                lines = text.count(b"\n") + (not text.endswith(b"\n"))
                yield TextBlock(text, lines, line, bytes_done)
                line += lines

    def _ahead(self) -> Iterator[tuple[bytes, int]]:
        # Inflating takes as long as parsing, and both let go of the interpreter: one thread reads ahead.
        with self._open() as (lines, raw), ThreadPoolExecutor(1) as pool:
            coming = pool.submit(self._block, lines)
            while text := coming.result():
                coming = pool.submit(self._block, lines)
                yield text, raw.tell()

    def _block(self, lines: IO[bytes]) -> bytes:
        text = lines.read(BLOCK_BYTES)
        if text and not text.endswith(b"\n"):
            text += lines.readline(MAX_LINE)
        return text

    @contextmanager
    def _open(self) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        """Yield the lines and the file they lie in; what unpacking them runs into inside the block is ArchiveError."""
        with self.path.open("rb") as raw:
            try:
                if self.path.suffix.lower() == ".gz":
                    with gzip.GzipFile(fileobj=raw) as lines:
                        yield cast("IO[bytes]", lines), raw  # typeshed does not call a GzipFile an IO
                elif self.path.suffix.lower() == ".zip":
                    with self._member(raw) as lines:
                        yield lines, raw
                else:
                    yield raw, raw
            except UNREADABLE as error:
                raise ArchiveError(self.path.name, f"is torn: {str(error)[:MAX_REASON]}") from error

    @contextmanager
    def _member(self, raw: IO[bytes]) -> Iterator[IO[bytes]]:
        with zipfile.ZipFile(raw) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            if len(names) != 1:
                raise ArchiveError(self.path.name, f"holds {len(names)} files where one is expected")
            with archive.open(names[0]) as lines:
                yield lines


def _without_lines(text: bytes, n: int) -> tuple[bytes, int]:
    """Return the text after its first `n` lines, and how many there were to skip."""
    at = 0
    for skipped in range(n):
        end = text.find(b"\n", at)
        if end < 0:
            return b"", skipped + (at < len(text))
        at = end + 1
    return text[at:], n
