"""The checksums of a Parquet file, in a note of its own: written last, looked at before anything else reads the file.

Parquet's reader takes a flipped bit for another price, or asks for so much memory that the process ends. So the sums
are of the bytes as they lie in the file: of the rows, and of the footer, which is read without them, too.
"""

import os
import struct
from typing import IO
from zlib import crc32

NAME = "checksum"
_MARK = b"crc32 rows="
_FORM = _MARK + b"%b footer=%b"
_ZEROS = b"0" * 8
BLANK = (_FORM % (_ZEROS, _ZEROS)).decode()
"""The note that a file is written with, for `seal` to fill in."""

_END = struct.Struct("<I4s")  # the footer's length and the magic word
_LOOK_AT = 1 << 13
"""Of the file's end: the notes stand behind all that the footer says of columns."""

_AT_ONCE = 1 << 20


def seal(file: IO[bytes]) -> None:
    """Fill in the note of a file that was opened for reading and writing."""
    found = _find(file)
    if found is None:
        raise ValueError("there is no note for the checksum")
    note_at, footer_at = found
    note = _note(file, note_at, footer_at, rows=_sum_before(file, footer_at))
    file.seek(note_at)
    file.write(note)


def check(file: IO[bytes], *, rows: bool) -> None:
    """Raise ValueError where the footer, or one of the `rows`, is not as written; a file without a note passes."""
    found = _find(file)
    if found is not None:
        note_at, footer_at = found
        file.seek(note_at)
        stated = file.read(len(BLANK))
        of_rows = _sum_before(file, footer_at) if rows else stated[len(_MARK) :][: len(_ZEROS)]
        if stated != _note(file, note_at, footer_at, rows=of_rows):
            raise ValueError("its checksum does not match its bytes")
    file.seek(0)


def _find(file: IO[bytes]) -> tuple[int, int] | None:
    """Return where the note and the footer begin, None without a note."""
    size = file.seek(0, os.SEEK_END)
    start = max(size - _LOOK_AT, 0)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(_MARK)
    if at < 0:
        return None
    length, _ = _END.unpack(tail[-_END.size :])
    footer_at = size - _END.size - length
    if not 0 <= footer_at <= start + at:
        raise ValueError("its end does not say where its footer begins")
    return start + at, footer_at


def _note(file: IO[bytes], note_at: int, footer_at: int, *, rows: bytes) -> bytes:
    """Return the note that belongs into a file with these bytes; its own digits count as zeros."""
    file.seek(footer_at)
    before = file.read(note_at - footer_at)
    file.seek(note_at + len(BLANK))
    total = crc32(file.read(), crc32(_FORM % (rows, _ZEROS), crc32(before)))
    return _FORM % (rows, b"%08x" % total)


def _sum_before(file: IO[bytes], end: int) -> bytes:
    file.seek(0)
    total = 0
    while left := end - file.tell():
        total = crc32(file.read(min(left, _AT_ONCE)), total)
    return b"%08x" % total
