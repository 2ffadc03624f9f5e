"""Files of past trades and bars: what a file holds, and its rows block by block in bounded memory.

Reads what data.binance.vision offers (aggTrades, trades, klines; zip, gzip or plain; with a header or without; times
in s, ms, µs or ns) and bars as CSV, Parquet or Feather. https://github.com/binance/binance-public-data
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from quant.domain import Bars, Interval, TradeBatch
from quant.errors import ArchiveError, InvalidParameter
from quant.feed.archive_frames import FrameFile
from quant.feed.archive_layouts import Layout, layout_of
from quant.feed.archive_rows import RowParser
from quant.feed.archive_text import TextFile

FRAME_SUFFIXES = (".parquet", ".feather", ".arrow")
TEXT_SUFFIXES = (".csv", ".zip", ".gz")

_NAME = re.compile(r"(?P<symbol>[^-]+)-(?P<kind>aggTrades|trades|[1-9][0-9]*[smhd])(?:-.*)?")
_HASH = re.compile(r"\b[0-9a-fA-F]{64}\b")


class ArchiveKind(StrEnum):
    AGG_TRADES = "aggTrades"
    TRADES = "trades"  # ids of another kind than aggTrades: a market of their own
    BARS = "bars"


@dataclass(frozen=True, slots=True)
class ArchiveBlock:
    """Some rows of a file in its order; rows are counted from 0 and without the header."""

    first_row: int
    rows: int
    bytes_done: int  # of the file as it lies on the disk
    data: TradeBatch | Bars
    """As many rows, or fewer: rows that only say that an id has no trade are left out."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A file whose kind is known and whose checksum, if one lies beside it, holds."""

    path: Path
    kind: ArchiveKind
    symbol: str
    interval: Interval | None  # of bars
    digest: str  # sha256 of the file
    size: int
    checked: bool  # against a .CHECKSUM file
    _layout: Layout | None

    @property
    def name(self) -> str:
        return self.path.name

    def blocks(self, *, from_row: int = 0) -> Iterator[ArchiveBlock]:
        """Yield the rows from `from_row` on; raise ArchiveError, which names the line, at what is not a row."""
        if self._layout is None:
            assert self.interval is not None  # noqa: S101  frames hold bars, and bars have an interval
            for first_row, bars, bytes_done in FrameFile(self.path).blocks(self.interval, from_row=from_row):
                yield ArchiveBlock(first_row, len(bars), bytes_done, bars)
            return
        parser = RowParser(self._layout, file=self.name, symbol=self.symbol, interval=self.interval)
        text = TextFile(self.path)
        for block in text.blocks(skip_lines=self._layout.header_lines + from_row):
            first_row = block.first_line - 1 - self._layout.header_lines
            yield ArchiveBlock(first_row, block.lines, block.bytes_done, parser.parse(block))


def open_archive(path: Path, *, symbol: str | None = None, interval: str | None = None) -> Archive:
    """Return what the file is; `symbol` and `interval` go before what its name says.

    Raises ArchiveError when it cannot be read, does not match its checksum, or does not say what it holds.
    """
    try:
        digest = _digest(path)
        checked = _check(path, digest)
        layout = None if path.suffix.lower() in FRAME_SUFFIXES else _layout(path)
        size = path.stat().st_size
    except OSError as error:
        raise ArchiveError(path.name, f"cannot be read: {error.strerror}") from error
    named = _NAME.fullmatch(path.name.split(".")[0])
    kind = ArchiveKind.BARS if layout is None else ArchiveKind(layout.kind)
    length = None
    if kind is ArchiveKind.BARS:
        length = _interval(path, interval or (named["kind"] if named else None))
    if symbol is None:
        if named is None:
            raise ArchiveError(
                path.name, "its name does not begin with a symbol and a kind; say which symbol it is"
            )
        symbol = _plain_symbol(named["symbol"])
    return Archive(path, kind, symbol, length, digest, size, checked, layout)


def _layout(path: Path) -> Layout:
    if path.suffix.lower() not in TEXT_SUFFIXES:
        known = ", ".join((*TEXT_SUFFIXES, *FRAME_SUFFIXES))
        raise ArchiveError(path.name, f"is none of {known}")
    return layout_of(TextFile(path).first_lines(2), file=path.name)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check(path: Path, digest: str) -> bool:
    """Return whether a checksum lies beside the file; raise ArchiveError when it is another file's."""
    beside = path.with_name(f"{path.name}.CHECKSUM")
    if not beside.exists():
        return False
    found = _HASH.search(beside.read_text(encoding="utf-8", errors="replace"))
    if found is None:
        raise ArchiveError(beside.name, "holds no sha256")
    if found[0].lower() != digest:
        raise ArchiveError(path.name, f"does not match {beside.name}: fetch it again")
    return True


def _interval(path: Path, text: str | None) -> Interval:
    if text is None or text in ("aggTrades", "trades"):
        raise ArchiveError(path.name, "its name does not say how long a bar is; say which interval it holds")
    try:
        return Interval.parse(text)
    except InvalidParameter as error:
        raise ArchiveError(path.name, error.message) from error


def _plain_symbol(text: str) -> str:
    """Return Binance's word for `BTC_USDT_USDT` (freqtrade's futures) or `BTC_USDT`; dated futures keep theirs."""
    parts = text.split("_")
    if len(parts) == 3 and parts[1] == parts[2]:
        return parts[0] + parts[1]
    if len(parts) == 2 and not parts[1].isdigit() and parts[1] != "PERP":
        return "".join(parts)
    return text
