"""Writes docs/scan-2025-05.md: a month of recorded one-minute bars, scanned day by day.

Run it with the folder of recordings: python benchmarks/scan_month.py ../../shared/data/typhonun_um_1m
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from quant.analytics import PairTable, engle_granger_both, scan_pairs
from quant.clock import NS_PER_S
from quant.commands.import_files import import_into
from quant.commands.scan import Question, read_closes
from quant.domain import FloatArray, Interval, Scale
from quant.engine.protocol import ImportOptions
from quant.errors import NotEnoughData
from quant.storage.store import Store

DAY = 1440
DAY_NS = 86_400 * NS_PER_S
LEVEL = 0.05
HEADS = (
    "day",
    "symbols",
    "pairs",
    "p under 5 %",
    "expected",
    "q at most 5 %",
    "passed the screen",
    "survived",
    "p under 5 % on the next day",
)
OUT = Path(__file__).resolve().parents[2] / "docs" / "scan-2025-05.md"
MINUTE = Interval.parse("1m")


@dataclass(frozen=True)
class Day:
    """One day's table, and what its pairs with p under 5 % were worth on the day after."""

    name: str
    symbols: int
    table: PairTable
    names: tuple[str, ...]
    found: list[str]  # by p alone
    significant: list[str]  # by q, after the calibration of the tail
    again: list[str]  # of `found`, with p under 5 % on the next day too


def pair_name(table: PairTable, names: tuple[str, ...], row: int) -> str:
    return f"{names[table.i[row]]}-{names[table.j[row]]}"


def day_of(store: Store, end: int) -> tuple[tuple[str, ...], FloatArray]:
    closes = read_closes(store, Question(MINUTE, DAY, Scale.LOG, end=end))
    whole = np.isfinite(closes.prices).all(axis=0)
    names = tuple(name for name, is_whole in zip(closes.symbols, whole.tolist(), strict=True) if is_whole)
    return names, closes.prices[:, whole]


def scan_day(store: Store, end: int) -> Day:
    names, prices = day_of(store, end)
    table = scan_pairs(prices, calibrate=True, holdout=0.5)
    found = np.flatnonzero(table.p_value < LEVEL).tolist()
    try:
        later_names, later = day_of(store, end + DAY_NS)
    except NotEnoughData:
        later_names, later = (), np.empty((0, 0))
    again = []
    for row in found:
        legs = names[table.i[row]], names[table.j[row]]
        if all(leg in later_names for leg in legs):
            y, x = (np.log(later[:, later_names.index(leg)]) for leg in legs)
            if engle_granger_both(y, x).p_value < LEVEL:
                again.append(pair_name(table, names, row))
    return Day(
        f"{datetime.fromtimestamp((end - DAY_NS) // NS_PER_S, UTC):%Y-%m-%d}",
        len(names),
        table,
        names,
        [pair_name(table, names, row) for row in found],
        [pair_name(table, names, row) for row in np.flatnonzero(table.q_value <= LEVEL).tolist()],
        again,
    )


def survivors(day: Day) -> list[str]:
    rows = np.flatnonzero(day.table.holdout == "survived").tolist()
    return [pair_name(day.table, day.names, row) for row in rows]


def page(days: list[Day], whole: Day, bars: int) -> str:
    tested = sum(day.table.pairs_tested for day in days)
    found = sum(len(day.found) for day in days)
    pairs = Counter(pair for day in days for pair in day.found)
    again = Counter(pair for day in days for pair in day.again)
    followed = days[:-1]
    passed = sum(int(np.isfinite(day.table.holdout_p).sum()) for day in days)
    first, then = sum(len(day.found) for day in followed), sum(len(day.again) for day in followed)
    lines = [
        "# A month of 16 symbols, scanned day by day",
        "",
        f"Binance USD-M Futures, one-minute bars of {whole.symbols} symbols, {days[0].name} to {days[-1].name}.",
        "Each UTC day is one window of 1,440 bars on log prices; the method is that of [methods.md](methods.md).",
        "`backend/benchmarks/scan_month.py` writes this page.",
        "",
        "## What was found",
        f"- {tested:,} tests of pairs on {len(days)} days. {found:,} ({_share(found, tested)}) had p under 5 %;",
        f"  {LEVEL * tested:,.0f} are expected where nothing is cointegrated. The excess is not spread evenly: legs",
        "  share their moves, so a day has many or few, and jumps make the tails of the test heavier than its tables.",
        "- With Benjamini and Yekutieli's correction and the tail calibrated, day by day: "
        f"{sum(len(day.significant) for day in days)} with q at most 5 %.",
        "- Hold-out inside the day (screened on the first half, the frozen line tested on the second): "
        f"{passed:,} passed the screen, {sum(len(survivors(day)) for day in days)} survived.",
        f"- On the next day, with a line of its own: of {first:,} pairs with p under 5 %,",
        f"  {then} ({_share(then, first)}) had p under 5 % again. Of all pairs {_share(found, tested)} had that:",
        "  a p under 5 % today says next to nothing of tomorrow.",
        f"- The whole month as one window of {bars:,} bars: {len(whole.found)} of {whole.table.pairs_tested} pairs had",
        f"  p under 5 %, {len(whole.significant)} had q at most 5 %, "
        f"{len(survivors(whole))} survived the second half.",
        "",
        f"At an error of 5 % a day, {LEVEL * len(days):.1f} days may show a pair by chance in either column, and",
        "that is about what is seen: no pair is shown to be cointegrated at a horizon of a day or of the month.",
        "A screen by p alone would have called some pair on every day.",
        "",
        _row(HEADS),
        _row(["---"] * len(HEADS)),
    ]
    for number, day in enumerate(days):
        columns = (
            day.name,
            day.symbols,
            day.table.pairs_tested,
            len(day.found),
            f"{day.table.expected_false:.1f}",
            ", ".join(day.significant) or 0,
            int(np.isfinite(day.table.holdout_p).sum()),
            ", ".join(survivors(day)) or 0,
            f"{len(day.again)} of {len(day.found)}" if number < len(days) - 1 else "-",
        )
        lines.append(_row(columns))
    heads = ("pair", "days with p under 5 %", "of these, again on the next day")
    lines += ["", "## Pairs found most often", "", _row(heads), _row(["---"] * len(heads))]
    lines += [_row((pair, count, again[pair])) for pair, count in pairs.most_common(12)]
    heads = ("pair", "β", "p", "q", "half-life, bars", "hold-out")
    lines += ["", "## The whole month", "", _row(heads), _row(["---"] * len(heads))]
    table = whole.table
    for row in np.argsort(table.p_value)[:12].tolist():
        numbers = (
            f"{table.beta[row]:.3f}",
            f"{table.p_value[row]:.2g}",
            f"{table.q_value[row]:.2g}",
            f"{table.half_life[row]:,.0f}",
        )
        held = table.holdout[row].replace("_", " ")
        lines.append(_row((pair_name(table, whole.names, row), *numbers, held)))
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"


def main(folder: Path) -> None:
    files = tuple(sorted(folder.glob("*-1m-futures.feather")))
    with tempfile.TemporaryDirectory() as data:
        done = import_into(Path(data), files, ImportOptions(), intervals=(MINUTE,))
        assert done is not None, "interrupted"
        store = Store(Path(data))
        first = read_closes(store, Question(MINUTE, DAY, Scale.LOG))
        last_day = int(first.times[-1]) // DAY_NS
        days = []
        for day in range(last_day - 40, last_day):
            try:
                days.append(scan_day(store, (day + 1) * DAY_NS))
            except NotEnoughData:
                continue
        symbols = store.symbols("binance-um")
        common = max(int(store.bars("binance-um", symbol, "1m").times[0]) for symbol in symbols)
        bars = (int(first.times[-1]) - common) // MINUTE.ns
        closes = read_closes(store, Question(MINUTE, bars, Scale.LOG))
        table = scan_pairs(closes.prices, calibrate=True, holdout=0.5)
        names = closes.symbols
        whole = Day(
            "month",
            len(names),
            table,
            names,
            [pair_name(table, names, row) for row in np.flatnonzero(table.p_value < LEVEL).tolist()],
            [pair_name(table, names, row) for row in np.flatnonzero(table.q_value <= LEVEL).tolist()],
            [],
        )
    OUT.write_text(page(days, whole, bars), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
