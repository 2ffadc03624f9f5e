"""Where the history's files lie, and which of them a span of time needs.

<root>/ticks/market=binance-um/symbol=BTCUSDT/date=2026-11-22/14.parquet
<root>/bars/market=binance-um/symbol=BTCUSDT/interval=1m/date=2026-11-22/bars.parquet
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote

from quant.clock import NS_PER_S

HOUR_NS = 3600 * NS_PER_S
DAY_NS = 24 * HOUR_NS
BAR_FILE = "bars.parquet"
HOUR_FILES = "[0-9][0-9].parquet"


def tick_folder(root: Path, market: str, symbol: str) -> Path:
    return root / "ticks" / _part("market", market) / _part("symbol", symbol)


def bar_folder(root: Path, market: str, symbol: str, interval: str) -> Path:
    folder = root / "bars" / _part("market", market) / _part("symbol", symbol)
    return folder / _part("interval", interval)


def hour_file(folder: Path, hour: int) -> Path:
    """Return the file of an hour since the epoch."""
    return folder / _date(hour // 24) / f"{hour % 24:02d}.parquet"


def day_file(folder: Path, day: int) -> Path:
    """Return the file of a day since the epoch."""
    return folder / _date(day) / BAR_FILE


def held_in(path: Path) -> Literal["hour", "day"]:
    """Return what a file holds: an hour of trades or a day of bars."""
    return "day" if path.name == BAR_FILE else "hour"


def opened_ns(path: Path) -> int:
    """Return the time at which the hour or day of a file begins."""
    day = datetime.strptime(_value(path.parent.name), "%Y-%m-%d").replace(tzinfo=UTC)
    hours = 0 if path.name == BAR_FILE else int(path.stem)
    return int(day.timestamp()) * NS_PER_S + hours * HOUR_NS


def hour_files(folder: Path, *, start_ns: int | None, end_ns: int | None) -> list[Path]:
    """Return the files with hours that meet start ≤ time < end, oldest first."""
    return list(_files(folder, HOUR_FILES, HOUR_NS, start_ns, end_ns))


def day_files(folder: Path, *, start_ns: int | None, end_ns: int | None) -> list[Path]:
    """Return the files with days that meet start ≤ time < end, oldest first."""
    return list(_files(folder, BAR_FILE, DAY_NS, start_ns, end_ns))


def names(folder: Path, pattern: str) -> tuple[str, ...]:
    """Return the values of `key=value` folders, each once, sorted."""
    return tuple(sorted({_value(path.name) for path in folder.glob(pattern)}))


def market_pattern(market: str) -> str:
    return f"*/{_part('market', market)}/symbol=*"


def _files(
    folder: Path, pattern: str, width: int, start_ns: int | None, end_ns: int | None
) -> Iterator[Path]:
    first = "" if start_ns is None else _date(start_ns // DAY_NS)
    last = "~" if end_ns is None else _date(max(end_ns, 0) // DAY_NS)
    days = sorted(path for path in folder.glob("date=*") if first <= path.name <= last)
    for day in days:
        for path in sorted(day.glob(pattern)):
            opened = opened_ns(path)
            if (start_ns is None or opened + width > start_ns) and (end_ns is None or opened < end_ns):
                yield path


def _part(key: str, value: str) -> str:
    return f"{key}={quote(value, safe='')}"


def _value(part: str) -> str:
    return unquote(part.split("=", 1)[1])


def _date(day: int) -> str:
    return f"date={datetime.fromtimestamp(day * 86400, UTC):%Y-%m-%d}"
