"""A chunk of ticks or bars as bytes: header, then raw little-endian columns.

Header, 16 bytes: magic `QCHK`, version (u16), kind (u8), zero (u8), rows (u32), CRC-32 of all the rest (u32).
Columns are not compressed: on recorded trades zlib level 1 took 15 to 70 times as long as the whole encoding, for a
quarter of the size, and an hour later the rows are in Parquet anyway.
"""

import struct
from zlib import crc32

import numpy as np

from quant.domain import Bars
from quant.errors import DamagedData
from quant.storage.records import BAR_NAMES, TICK_NAMES, StoredTicks

MAGIC = b"QCHK"
VERSION = 1
TICKS = 1
BARS = 2

_HEAD = struct.Struct("<4sHBBI")
_CRC = struct.Struct("<I")
HEADER_BYTES = _HEAD.size + _CRC.size

# Eight-byte columns first, so that each is aligned in the blob and numpy reads it in place.
_TICK_LAYOUT = (
    ("ids", "<i8"),
    ("ts_event", "<i8"),
    ("ts_recv", "<i8"),
    ("prices", "<f8"),
    ("sizes", "<f8"),
    ("counts", "<i8"),
    ("sells", "u1"),
)
_BAR_LAYOUT = (
    ("times", "<i8"),
    ("opens", "<f8"),
    ("highs", "<f8"),
    ("lows", "<f8"),
    ("closes", "<f8"),
    ("volumes", "<f8"),
    ("quote_volumes", "<f8"),
    ("trades", "<i8"),
    ("revisions", "<i8"),
    ("first_ids", "<i8"),
    ("last_ids", "<i8"),
    ("qualities", "u1"),
    ("flags", "u1"),
    ("closed", "?"),
)
_LAYOUTS = {TICKS: _TICK_LAYOUT, BARS: _BAR_LAYOUT}
_ROW_BYTES = {kind: sum(np.dtype(code).itemsize for _, code in cols) for kind, cols in _LAYOUTS.items()}


def encode_ticks(ticks: StoredTicks) -> bytes:
    """Return the ticks as a chunk, 49 bytes a row."""
    return _encode(TICKS, ticks)


def encode_bars(bars: Bars) -> bytes:
    """Return the bars as a chunk, 91 bytes a row."""
    return _encode(BARS, bars)


def decode_ticks(blob: bytes) -> StoredTicks:
    """Return read-only views of the chunk's columns; raise DamagedData when a byte is not as written."""
    columns = _decode(TICKS, blob)
    return StoredTicks(*(columns[name] for name in TICK_NAMES))


def decode_bars(blob: bytes) -> Bars:
    """Return read-only views of the chunk's columns; raise DamagedData when a byte is not as written."""
    columns = _decode(BARS, blob)
    return Bars(*(columns[name] for name in BAR_NAMES))


def _encode(kind: int, rows: StoredTicks | Bars) -> bytes:
    head = _HEAD.pack(MAGIC, VERSION, kind, 0, len(rows))
    parts = [np.ascontiguousarray(getattr(rows, name), code).tobytes() for name, code in _LAYOUTS[kind]]
    payload = b"".join(parts)
    if len(payload) != len(rows) * _ROW_BYTES[kind]:
        raise ValueError(
            f"columns of unequal length: {[len(getattr(rows, name)) for name, _ in _LAYOUTS[kind]]}"
        )
    return b"".join((head, _CRC.pack(crc32(payload, crc32(head))), payload))


# The dtypes differ from column to column; the callers' types say which is which.
def _decode(kind: int, blob: bytes) -> dict[str, np.ndarray]:
    if len(blob) < HEADER_BYTES:
        raise DamagedData(f"{len(blob)} bytes are too few for a chunk")
    magic, version, found, _, rows = _HEAD.unpack_from(blob)
    if magic != MAGIC or found != kind:
        raise DamagedData(f"does not begin as a chunk of this kind: {blob[:8]!r}")
    if version != VERSION:
        raise DamagedData(f"has version {version}, this program reads {VERSION}")
    if len(blob) != HEADER_BYTES + rows * _ROW_BYTES[kind]:
        raise DamagedData(
            f"has {len(blob)} bytes where {rows} rows need {HEADER_BYTES + rows * _ROW_BYTES[kind]}"
        )
    (stated,) = _CRC.unpack_from(blob, _HEAD.size)
    view = memoryview(blob)
    if crc32(view[HEADER_BYTES:], crc32(view[: _HEAD.size])) != stated:
        raise DamagedData("its checksum does not match its bytes")
    columns, at = {}, HEADER_BYTES
    for name, code in _LAYOUTS[kind]:
        columns[name] = np.frombuffer(blob, code, count=rows, offset=at)
        at += columns[name].nbytes
    return columns
