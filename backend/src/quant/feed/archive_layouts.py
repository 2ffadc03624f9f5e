"""Which columns a CSV file of trades or bars has, told from its first two lines."""

import re
from dataclasses import dataclass

from quant.errors import ArchiveError

ID, PRICE, SIZE, FIRST, LAST, TIME, MAKER = "id", "price", "size", "first", "last", "time", "maker"
OPEN, HIGH, LOW, CLOSE, VOLUME, QUOTE, COUNT = (
    "open",
    "high",
    "low",
    "close",
    "volume",
    "quote_volume",
    "count",
)

WHOLE = frozenset({ID, FIRST, LAST, TIME, COUNT})
FLAGS = frozenset({MAKER})

EARLIEST_NS, LATEST_NS = 10**18, 92 * 10**17
"""2001 to 2261, what 64 bits can hold: less than a factor of ten, so that s, ms, µs and ns cannot be confused."""

_AGG_TRADES = (ID, PRICE, SIZE, FIRST, LAST, TIME, MAKER)
_TRADES = (ID, PRICE, SIZE, None, TIME, MAKER)
_KLINES = (TIME, OPEN, HIGH, LOW, CLOSE, VOLUME, None, QUOTE, COUNT, None, None, None)
_BARS = (TIME, OPEN, HIGH, LOW, CLOSE, VOLUME)

_BAR_HEADERS = {
    "date": TIME,
    "time": TIME,
    "timestamp": TIME,
    "datetime": TIME,
    "open_time": TIME,
    "open": OPEN,
    "high": HIGH,
    "low": LOW,
    "close": CLOSE,
    "volume": VOLUME,
    "quote_volume": QUOTE,
    "count": COUNT,
    "trades": COUNT,
}
_NUMBER = re.compile(rb"[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_INTEGER = re.compile(rb"-?[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Layout:
    """What each column is, None for one that is not used; `kind` is aggTrades, trades or bars."""

    kind: str
    columns: tuple[str | None, ...]
    header_lines: int
    unit_ns: int  # one tick of the file's clock
    dates: bool = False  # times are written as dates, not as numbers


def layout_of(lines: list[bytes], *, file: str) -> Layout:
    """Return the layout that the first line, or the first two, show; raise ArchiveError when it is none of ours."""
    if not lines:
        raise ArchiveError(file, "holds no rows")
    header = (
        None
        if _is_number(_fields(lines[0])[0])
        else [name.decode(errors="replace") for name in _fields(lines[0])]
    )
    rows = lines[1:] if header is not None else lines
    if not rows:
        raise ArchiveError(file, "holds no rows")
    fields = _fields(rows[0])
    first_line = 1 + (header is not None)
    kind, columns = _columns(header, fields, file=file, line=first_line)
    missing = {TIME, *((ID, PRICE, SIZE, MAKER) if kind != "bars" else (OPEN, HIGH, LOW, CLOSE, VOLUME))} - {
        *columns
    }
    if missing:
        raise ArchiveError(file, f"has no column {', '.join(sorted(missing))}", line=1)
    time = fields[columns.index(TIME)] if len(fields) == len(columns) else b""
    header_lines = int(header is not None)
    if not _INTEGER.fullmatch(time):
        if kind == "bars" and re.match(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}", time):
            return Layout(kind, columns, header_lines, 1, dates=True)
        raise ArchiveError(file, f"{time[:40].decode(errors='replace')!r} is no time", line=first_line)
    return Layout(kind, columns, header_lines, unit_ns(int(time), file=file, line=first_line))


def unit_ns(time: int, *, file: str, line: int | None) -> int:
    """Return the nanoseconds of one tick of a clock that shows `time`, told by its magnitude: s, ms, µs or ns."""
    for unit in (10**9, 10**6, 10**3, 1):
        if in_range(time, unit):
            return unit
    raise ArchiveError(file, f"{time} is no time between 2001 and 2261 in s, ms, µs or ns", line=line)


def in_range(time: int, unit: int) -> bool:
    """Return whether `time` is one of ours on a clock of `unit` ns; only one unit can make it so."""
    return EARLIEST_NS <= time * unit < LATEST_NS


def _columns(
    header: list[str] | None, fields: list[bytes], *, file: str, line: int
) -> tuple[str, tuple[str | None, ...]]:
    flags = [field.lower() in (b"true", b"false") for field in fields]
    n = len(fields)
    if n in (7, 8) and flags[6] and not flags[5]:
        return "aggTrades", (*_AGG_TRADES, None)[:n]
    if n in (6, 7) and flags[5]:
        return "trades", (*_TRADES, None)[:n]
    if header is not None:
        known = tuple(_BAR_HEADERS.get(name.strip().lower()) for name in header)
        return "bars", known
    if n == 12:
        return "bars", _KLINES
    if n == 6:
        return "bars", _BARS
    raise ArchiveError(file, f"has {n} columns, like no aggTrades, trades, klines or bars", line=line)


def _fields(line: bytes) -> list[bytes]:
    return [field.strip() for field in line.split(b",")]


def _is_number(field: bytes) -> bool:
    return _NUMBER.fullmatch(field) is not None or re.match(rb"[0-9]{4}-", field) is not None
