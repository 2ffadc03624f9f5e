"""`quant scan`: cointegration of all pairs of files, or of what is stored, as a table on the terminal and a file."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import numpy as np
import polars as pl

from quant.analytics import PairTable, scan_pairs
from quant.analytics.pair_table import HoldOut
from quant.api.given import instant
from quant.api.scans import reasons_of
from quant.clock import NS_PER_MS, NS_PER_S
from quant.commands.import_files import import_into
from quant.commands.progress import progress_bar
from quant.domain import Bars, FloatArray, Interval, Quality, Scale
from quant.engine.closes import Closes, of_bars
from quant.engine.importer import check_archives
from quant.engine.protocol import ImportOptions
from quant.engine.scanning import FIT, HOLDOUT, MIN_BARS, MIN_SYMBOLS, SCREEN, critical_values
from quant.errors import InvalidParameter, NotEnoughData, QuantError
from quant.settings import load_settings
from quant.storage.records import pick_bars
from quant.storage.store import Store

SUFFIXES = (".csv", ".parquet")
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Question:
    """What to scan: bars of the interval, the newest `window` of them before `end` (ns)."""

    interval: Interval
    window: int
    scale: Scale
    symbols: tuple[str, ...] = ()
    market: str | None = None
    end: int | None = None
    calibrate: bool = False


def run(arguments: argparse.Namespace) -> int:
    """Scan, print and write; return the exit code."""
    out = _checked_out(arguments.out)
    question = Question(
        Interval.parse(arguments.interval),
        _checked_window(arguments.window),
        _checked_scale(arguments.scale),
        tuple(name.strip().upper() for name in (arguments.symbols or "").split(",") if name.strip()),
        arguments.market,
        None if arguments.end is None else instant(arguments.end, "end"),
        arguments.calibrate,
    )
    if not arguments.files:
        return _scan(Store(load_settings().data_dir), question, out=out, top=arguments.top)
    paths = check_archives(arguments.files)
    with tempfile.TemporaryDirectory(prefix="quant-scan-") as folder:
        done = import_into(Path(folder), paths, ImportOptions(), intervals=(question.interval,))
        if done is None:
            return INTERRUPTED
        if done.errors:
            raise QuantError(done.errors[0])
        return _scan(Store(Path(folder)), question, out=out, top=arguments.top)


def _scan(store: Store, question: Question, *, out: Path | None, top: int) -> int:
    closes = read_closes(store, question)
    line = ScanLine(sys.stderr)
    try:
        table = scan_pairs(
            closes.prices,
            scale=question.scale,
            calibrate=question.calibrate,
            holdout=HOLDOUT,
            screen=SCREEN,
            fit=FIT,
            progress=line.show,
        )
    finally:
        line.end()
    frame = frame_of(table, closes, question)
    if out is not None:
        _write(frame, out)
    for text in (*table_lines(frame, top=top), *summary_lines(table, closes, question)):
        print(text)  # noqa: T201  the command's own voice
    return 0


def read_closes(store: Store, question: Question) -> Closes:
    """Return the closes of all symbols on one grid that ends with the last bar that all of them have.

    Raises InvalidParameter and NotEnoughData, each naming what lacks.
    """
    sources = _sources(store, question)
    if len(sources) < MIN_SYMBOLS:
        raise NotEnoughData(
            f"symbols with {question.interval} bars to scan", have=len(sources), need=MIN_SYMBOLS
        )
    width = question.interval.ns
    ends = [_end(store, source) for source in sources]
    end = min(ends) if question.end is None else min(max(ends), question.end)
    end -= end % width
    start = max(end - question.window * width, 0)
    bars = [_bars(store, source, question.interval, start=start, end=end) for source in sources]
    closes = of_bars(bars, [source.name for source in sources], width=width, rows=question.window, end=end)
    reach = int(np.sort(np.isfinite(closes.prices).sum(axis=0))[-MIN_SYMBOLS]) if len(closes) else 0
    if len(closes) < question.window or not reach:
        raise NotEnoughData(f"{question.interval} bars", have=len(closes), need=question.window)
    return closes


@dataclass(frozen=True, slots=True)
class _Source:
    market: str
    symbol: str
    interval: Interval  # of the bars that are stored
    name: str


def _sources(store: Store, question: Question) -> list[_Source]:
    markets = store.markets()
    if question.market is not None:
        if question.market not in markets:
            raise InvalidParameter("market", f"{question.market!r} is not stored; there are {_list(markets)}")
        markets = (question.market,)
    found = []
    for market in markets:
        for symbol in store.symbols(market):
            stored = [Interval.parse(name) for name in store.intervals(market, symbol)]
            fitting = [each for each in stored if question.interval.ns % each.ns == 0]
            if fitting and (not question.symbols or symbol in question.symbols):
                found.append((market, symbol, max(fitting, key=lambda each: each.ns)))
    names = [symbol for _, symbol, _ in found]
    lacking = set(question.symbols).difference(names)
    if lacking:
        raise InvalidParameter(
            "symbols", f"{_list(sorted(lacking))}: no bars of {question.interval} are stored"
        )
    twice = {name for name in names if names.count(name) > 1}
    return [
        _Source(market, symbol, width, f"{symbol}@{market}" if symbol in twice else symbol)
        for market, symbol, width in sorted(found, key=lambda each: (each[1], each[0]))
    ]


def _end(store: Store, source: _Source) -> int:
    newest = store.bars(source.market, source.symbol, source.interval.name, limit=1)
    return int(newest.times[-1]) + source.interval.ns


def _bars(store: Store, source: _Source, interval: Interval, *, start: int, end: int) -> Bars:
    """Return the bars of the interval; of shorter ones the last in each, whose close is the same."""
    bars = store.bars(source.market, source.symbol, source.interval.name, start=start, end=end)
    if source.interval.ns == interval.ns:
        return bars
    last = pick_bars(bars, (bars.times + source.interval.ns) % interval.ns == 0)
    return replace(last, times=last.times + source.interval.ns - interval.ns)


def frame_of(table: PairTable, closes: Closes, question: Question) -> pl.DataFrame:
    """Return the table as a frame, the least p first; null where a number has no value.

    What holds for all pairs alike, such as the lag rule, stands in every row: rows are taken out of such files.
    """
    names = np.array(closes.symbols)
    critical = critical_values(table.n)
    columns = {
        "symbol_a": names[table.i],
        "symbol_b": names[table.j],
        "alpha": table.alpha,
        "beta": table.beta,
        "statistic": table.statistic,
        "statistic_xy": table.statistic_xy,
        "direction": table.direction,
        "p_value": table.p_value,
        "p_yx": table.p_yx,
        "p_xy": table.p_xy,
        "p_calibrated": table.p_calibrated if question.calibrate else np.full(len(table), np.nan),
        "q_value": table.q_value,
        "lags": table.lags,
        "lags_xy": table.lags_xy,
        "half_life": table.half_life,
        "half_life_seconds": table.half_life * question.interval.seconds,
        "half_life_status": table.half_life_status,
        "correlation": table.correlation,
        "zscore": table.zscore,
        "holdout": table.holdout,
        "holdout_p": table.holdout_p,
        "holdout_q": table.holdout_q,
        "status": table.status,
        "reason": _reasons(table),
        **_shares(table, closes),
    }
    frame = pl.DataFrame(columns).with_columns(
        pl.col(pl.Float64).fill_nan(None),
        *(pl.when(pl.col(name) >= 0).then(pl.col(name)).alias(name) for name in ("lags", "lags_xy")),
        pl.when(pl.col("p_value").is_not_nan()).then(pl.col("direction")).alias("direction"),
        n=pl.lit(table.n),
        first_time=pl.lit(int(closes.times[0]) // NS_PER_MS),
        last_time=pl.lit(int(closes.times[-1]) // NS_PER_MS),
        interval=pl.lit(question.interval.name),
        scale=pl.lit(str(table.scale)),
        null=pl.lit(table.null),
        role=pl.lit("formation"),
        autolag=pl.lit(table.autolag),
        max_lag=pl.lit(table.max_lag),
        **{f"critical_{level.removesuffix('%')}": pl.lit(value) for level, value in critical.items()},
        calibrated=pl.lit(question.calibrate),
        holdout_share=pl.lit(HOLDOUT),
        screen=pl.lit(SCREEN),
        fit=pl.lit(FIT),
    )
    return frame.sort("p_value", nulls_last=True, maintain_order=True)


def _reasons(table: PairTable) -> list[str]:
    """Return why a pair was not tested, or which of its numbers lack and why."""
    lacking = (reasons_of(table, row) for row in range(len(table)))
    return [
        reason or "; ".join(f"{name}: {text}" for name, text in found.items())
        for reason, found in zip(table.reason.tolist(), lacking, strict=True)
    ]


def _shares(table: PairTable, closes: Closes) -> dict[str, FloatArray]:
    """Return which share of either leg's bars is quiet, missing or has a hole, and back-filled."""
    named = {
        "quiet": (Quality.QUIET,),
        "gap": (Quality.GAP, Quality.NONE),
        "backfilled": (Quality.BACKFILLED,),
    }
    found: dict[str, FloatArray] = {}
    for name, qualities in named.items():
        share = np.isin(closes.qualities, qualities).mean(axis=0)
        found |= {f"{name}_a": share[table.i], f"{name}_b": share[table.j]}
    return found


def table_lines(frame: pl.DataFrame, *, top: int) -> list[str]:
    """Return the first rows as a table of fixed width; all of them for 0."""
    head = ("pair", "beta", "t", "p", "q", "lags", "half-life", "corr.", "z", "hold-out")
    rows = [_cells(row) for row in frame.head(top or len(frame)).iter_rows(named=True)]
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if k in (0, len(head) - 1) else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    ]
    left = len(frame) - len(rows)
    return [*lines, f"... and {left:,} more; --top 0 shows all"] if left else lines


def _cells(row: dict[str, object]) -> tuple[str, ...]:
    def number(name: str, form: str) -> str:
        value = row[name]
        return "-" if value is None else format(value, form)

    ended = row["holdout"] if row["status"] == "ok" else row["status"]
    decides = "_xy" if row["direction"] == "x_on_y" else ""  # t and lags beside p are those p comes from
    return (
        f"{row['symbol_a']} {row['symbol_b']}",
        number("beta", ".4g"),
        number(f"statistic{decides}", ".2f"),
        number("p_value", ".2g"),
        number("q_value", ".2g"),
        number(f"lags{decides}", "d"),
        number("half_life", ".1f"),
        number("correlation", ".2f"),
        number("zscore", "+.2f"),
        str(ended).replace("_", " "),
    )


def summary_lines(table: PairTable, closes: Closes, question: Question) -> list[str]:
    """Return what is to be said of the scan as a whole."""
    first, last = _time(int(closes.times[0])), _time(int(closes.times[-1]) + question.interval.ns)
    passed = int(np.isfinite(table.holdout_p).sum())
    survived = int((table.holdout == str(HoldOut.SURVIVED)).sum())
    significant = int((table.q_value <= table.level).sum())
    level = f"{table.level:.0%}".replace("%", " %")
    return [
        "",
        f"{table.pairs_tested:,} of {len(table):,} pairs of {len(closes.symbols)} symbols tested on "
        f"{len(closes):,} bars of {question.interval}, {first} to {last}, scale {question.scale}.",
        f"{table.found:,} under {level}, {table.expected_false:.1f} expected by chance; "
        f"{significant:,} with q at most {level}.",
        _how(table, question),
        f"Hold-out: {passed:,} passed the screen of the first half, {survived:,} survived the second.",
    ]


def _how(table: PairTable, question: Question) -> str:
    critical = " ".join(
        f"{value:.2f} at {level.replace('%', ' %')}," for level, value in critical_values(table.n).items()
    ).rstrip(",")
    tail = "tail calibrated on each pair's own steps" if question.calibrate else "tail not calibrated"
    return f"Lags by {table.autolag}, at most {table.max_lag}; critical values {critical}; {tail}."


class ScanLine:
    """Draws how far a scan is: a bar on a terminal, nothing elsewhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = -1

    def show(self, done: int, of: int) -> None:
        """Draw where the scan stands, at most once a percent."""
        percent = 100 * done // max(of, 1)
        if self._stream.isatty() and percent != self._shown:
            self._shown = percent
            self._stream.write(f"\r{progress_bar(done, of)}  {done:,} of {of:,} pairs")
            self._stream.flush()

    def end(self) -> None:
        """Leave the line to whoever writes next."""
        if self._shown >= 0:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def _write(frame: pl.DataFrame, out: Path) -> None:
    try:
        if out.suffix == ".csv":
            frame.write_csv(out)
        else:
            frame.write_parquet(out)
    except OSError as error:
        raise InvalidParameter("out", f"{out} cannot be written: {error.strerror or error}") from error


def _checked_out(text: str | None) -> Path | None:
    if text is None:
        return None
    out = Path(text).expanduser()
    if out.suffix not in SUFFIXES:
        raise InvalidParameter("out", f"{text!r} ends in neither of {', '.join(SUFFIXES)}")
    if not out.absolute().parent.is_dir():
        raise InvalidParameter("out", f"there is no folder {out.absolute().parent}")
    return out


def _checked_window(window: int) -> int:
    if window < MIN_BARS:
        raise InvalidParameter("window", f"must be at least {MIN_BARS} bars, got {window}")
    return window


def _checked_scale(text: str) -> Scale:
    try:
        return Scale(text.lower())
    except ValueError:
        raise InvalidParameter("scale", f"{text!r} is not level or log") from None


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _time(ns: int) -> str:
    return f"{datetime.fromtimestamp(ns // NS_PER_S, UTC):%Y-%m-%dT%H:%MZ}"
