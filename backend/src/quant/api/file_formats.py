"""Tables as files: CSV and Arrow written page by page as they are asked for, Parquet by way of the disk.

A Parquet file ends with a list of all that is in it, so it is put together in a temporary folder and sent from there;
the memory that it takes does not grow with it either.
"""

import asyncio
import io
import shutil
import struct
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import polars as pl

from quant.errors import NoRoom

ROW_GROUP = 100_000
BLOCK_BYTES = 1 << 20
ROOM_BYTES = 1 << 28
"""Left free on the disk where Parquet files are put together."""

_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S%.3fZ"
_TEXT_THAT_RUNS = r"^ *[=+\-@\x00-\x1f\x7f\uff1d\uff0b\uff0d\uff20]"
_TEXT_MARK = "'"
_END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"

Frames = AsyncIterator[pl.DataFrame]


class FileFormat(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"
    ARROW = "arrow"


MEDIA_TYPES = {
    FileFormat.CSV: "text/csv",
    FileFormat.PARQUET: "application/vnd.apache.parquet",
    FileFormat.ARROW: "application/vnd.apache.arrow.stream",
}


def written(frames: Frames, form: FileFormat, *, folder: Path) -> AsyncGenerator[bytes]:
    """Yield the file that the frames, which have one schema, make together; of Parquet nothing before its end.

    Parquet files are put together in a folder in `folder`.
    """
    match form:
        case FileFormat.CSV:
            return _csv(frames)
        case FileFormat.ARROW:
            return _arrow(frames)
        case FileFormat.PARQUET:
            return _parquet(frames, folder)


def whole_file(frame: pl.DataFrame, form: FileFormat) -> bytes:
    """Return the file of a frame that is small enough to be held twice."""
    match form:
        case FileFormat.CSV:
            return csv_of(frame, header=True)
        case FileFormat.ARROW:
            return _stream_of(frame)
        case FileFormat.PARQUET:
            buffer = io.BytesIO()
            frame.write_parquet(buffer, compression="zstd", compression_level=1)
            return buffer.getvalue()


def csv_of(frame: pl.DataFrame, *, header: bool) -> bytes:
    """Return the frame as CSV: UTC times in ISO-8601, nothing where there is no value, no text that a spreadsheet runs.

    A text that begins, after blanks too, with `= + - @`, one of their full-width forms or a control character gets an
    apostrophe before it; numbers are left alone.
    """
    text = pl.col(pl.String)
    marked = pl.lit(_TEXT_MARK) + text
    safe = frame.with_columns(
        pl.when(text.str.contains(_TEXT_THAT_RUNS)).then(marked).otherwise(text).name.keep()
    )
    return safe.write_csv(include_header=header, datetime_format=_TIME_FORMAT).encode()


async def _csv(frames: Frames) -> AsyncGenerator[bytes]:
    header = True
    async for frame in frames:
        yield await asyncio.to_thread(csv_of, frame, header=header)
        header = False


async def _arrow(frames: Frames) -> AsyncGenerator[bytes]:
    """Yield an Arrow IPC stream: a schema message, batches, and the mark of its end."""
    first = True
    async for frame in frames:
        stream = await asyncio.to_thread(_stream_of, frame)
        yield (
            stream[: -len(_END_OF_STREAM)] if first else stream[_schema_bytes(stream) : -len(_END_OF_STREAM)]
        )
        first = False
    yield _END_OF_STREAM


def _stream_of(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    # The oldest layout: every reader of Arrow knows it, and text needs no dictionary messages.
    frame.rechunk().write_ipc_stream(buffer, compression="uncompressed", compat_level=pl.CompatLevel.oldest())
    return buffer.getvalue()


def _schema_bytes(stream: bytes) -> int:
    """Return the length of a stream's first message, the schema, which has no body.

    Arrow columnar format, "Encapsulated message format": 0xFFFFFFFF, the length of what follows, the message.
    """
    continuation, length = struct.unpack_from("<Ii", stream)
    assert continuation == 0xFFFFFFFF  # noqa: S101  polars writes no older format
    return 8 + int(length)


async def _parquet(frames: Frames, parent: Path) -> AsyncGenerator[bytes]:
    with _folder_in(parent) as folder:
        number = 0
        async for frame in frames:
            await asyncio.to_thread(_put, frame, folder / f"{number:09d}.part")
            number += 1
        whole = folder / "whole.parquet"
        await asyncio.to_thread(_join, folder, whole)
        with whole.open("rb") as file:
            while block := await asyncio.to_thread(file.read, BLOCK_BYTES):
                yield block


@contextmanager
def _folder_in(parent: Path) -> Iterator[Path]:
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as name:
        yield Path(name)


def _put(frame: pl.DataFrame, path: Path) -> None:
    free = shutil.disk_usage(path.parent).free
    if free < ROOM_BYTES:
        raise NoRoom(f"{path.parent.parent} has too little space to put a Parquet file together", free=free)
    frame.write_parquet(path, compression="zstd", compression_level=1)


def _join(folder: Path, whole: Path) -> None:
    parts = sorted(folder.glob("*.part"))
    pl.scan_parquet(parts).sink_parquet(
        whole, compression="zstd", compression_level=1, row_group_size=ROW_GROUP, maintain_order=True
    )
    for part in parts:
        part.unlink()
