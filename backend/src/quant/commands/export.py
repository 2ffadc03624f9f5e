"""`quant export`: bars, trades or a pair's rolling numbers into a file, by the running server or from the disk."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import polars as pl

from quant.api.export_frames import bar_frame, pair_frame, tick_frame
from quant.api.file_formats import FileFormat, written
from quant.api.given import instant
from quant.api.parameters import parse_scale, symbol_name
from quant.commands.handover import running_server
from quant.domain import HedgeMethod, Interval, Pair
from quant.engine.export_rows import Series, bar_page, legs_page, pair_rows, tick_page
from quant.engine.protocol import BarRowsView, PairKey, PairRowsView, TickRowsView
from quant.engine.reading import stored_as_ticks
from quant.errors import InvalidParameter, NotEnoughData
from quant.settings import Settings, load_settings
from quant.storage.records import join_bars, no_ticks
from quant.storage.store import Store

PATHS = {"bars": "/export/ohlcv", "trades": "/export/ticks", "pair": "/export"}
UNFINISHED = ".part"


def run(arguments: argparse.Namespace) -> int:
    """Write the file; return the exit code."""
    out = Path(arguments.out).expanduser()
    form = _format(out)
    symbols = _symbols(arguments)
    settings = load_settings()
    unfinished = out.with_name(out.name + UNFINISHED)
    try:
        with unfinished.open("wb") as file:
            server = running_server(settings.data_dir)
            if server is not None:
                server.download(PATHS[arguments.what], _params(arguments, symbols, form), file)
            else:
                frames = _Offline(arguments, symbols, settings).frames()
                asyncio.run(_write(frames, form, file.write, folder=settings.export_dir))
        unfinished.replace(out)
    except OSError as error:
        raise InvalidParameter("out", f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    print(f"{out}: {out.stat().st_size:,} bytes")  # noqa: T201  the command's own voice
    return 0


def _format(out: Path) -> FileFormat:
    try:
        return FileFormat(out.suffix.removeprefix(".").lower())
    except ValueError:
        endings = ", ".join(f".{form}" for form in FileFormat)
        raise InvalidParameter("out", f"{out.name!r} ends in none of {endings}") from None


def _symbols(arguments: argparse.Namespace) -> list[str]:
    wanted = 2 if arguments.what == "pair" else 1
    if len(arguments.symbols) != wanted:
        raise InvalidParameter("symbols", f"{arguments.what}: name {wanted}, got {len(arguments.symbols)}")
    return [symbol_name(name) for name in arguments.symbols]


def _params(arguments: argparse.Namespace, symbols: list[str], form: FileFormat) -> dict[str, str]:
    named = {"symbol": symbols[0]}
    options = ["start", "end"]
    if arguments.what != "trades":
        options.append("interval")
    if arguments.what == "pair":
        named = {"symbol_a": symbols[0], "symbol_b": symbols[1]}
        options += ["window", "method", "scale"]
    given = {name: getattr(arguments, name) for name in options}
    return (
        named
        | {"format": form.value}
        | {name: str(value) for name, value in given.items() if value is not None}
    )


async def _write(
    frames: Iterator[pl.DataFrame], form: FileFormat, write: Callable[[bytes], object], *, folder: Path
) -> None:
    async def pages() -> AsyncIterator[pl.DataFrame]:
        for frame in frames:
            yield frame

    async for chunk in written(pages(), form, folder=folder):
        write(chunk)


class _Offline:
    """Reads pages from a data directory that no server runs on."""

    def __init__(self, arguments: argparse.Namespace, symbols: list[str], settings: Settings) -> None:
        self._arguments = arguments
        self._symbols = symbols
        self._settings = settings
        self._store = Store(settings.data_dir)
        self._market = self._only_market(arguments.market)
        self._start = None if arguments.start is None else instant(arguments.start, "start")
        self._end = None if arguments.end is None else instant(arguments.end, "end")

    def _only_market(self, wanted: str | None) -> str:
        symbols = set(self._symbols)
        found = [each for each in self._store.markets() if symbols <= set(self._store.symbols(each))]
        if wanted is not None:
            found = [each for each in found if each == wanted]
        if len(found) != 1:
            known = ", ".join(found) or "none"
            raise InvalidParameter(
                "market", f"name one that has {', '.join(self._symbols)}; there is {known}"
            )
        return found[0]

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the frame of each page, at least one; raises NotEnoughData where there is no row."""
        match self._arguments.what:
            case "bars":
                pages = self._bars()
            case "trades":
                pages = self._trades()
            case _:
                pages = self._pair()
        first = next(pages, None)
        if first is None or not len(first):
            raise NotEnoughData(f"{self._arguments.what} of {', '.join(self._symbols)}", have=0, need=1)
        yield first
        yield from (frame for frame in pages if len(frame))

    def _series(self, symbol: str) -> Series:
        interval = Interval.parse(self._arguments.interval)
        return Series(self._store, self._market, symbol, interval, join_bars([]))

    def _bars(self) -> Iterator[pl.DataFrame]:
        (symbol,), start = self._symbols, self._start
        series = self._series(symbol)
        while True:
            bars, following = bar_page(series, start=start, end=self._end)
            yield bar_frame(BarRowsView(self._market, None, symbol, series.interval.name, bars, following))
            if following is None:
                return
            start = following

    def _trades(self) -> Iterator[pl.DataFrame]:
        (symbol,), start, after_id = self._symbols, self._start, None
        while True:
            ticks, following = tick_page(
                self._store, self._market, symbol,
                held=stored_as_ticks(no_ticks()), start=start, end=self._end, after_id=after_id,
            )  # fmt: skip
            columns = (ticks.ids, ticks.ts_event, ticks.prices, ticks.sizes, ticks.sells)
            yield tick_frame(TickRowsView(self._market, None, symbol, *columns, following))
            if following is None:
                return
            start, after_id = following, int(ticks.ids[-1])

    def _pair(self) -> Iterator[pl.DataFrame]:
        key, start = self._key(), self._start
        y, x = (self._series(symbol) for symbol in self._symbols)
        while (page := legs_page(y, x, key, start=start, end=self._end)) is not None:
            rows = pair_rows(page, key, interval=y.interval)
            if page.next_start is None and start == self._start and rows.have <= key.window:
                raise NotEnoughData(f"{key.pair} on {key.interval} bars", have=rows.have, need=key.window + 1)
            yield pair_frame(
                PairRowsView(
                    self._market, None, key, rows.series, rows.qualities, rows.have, key.window + 1,
                    page.next_start,
                )
            )  # fmt: skip
            if page.next_start is None:
                return
            start = page.next_start

    def _key(self) -> PairKey:
        asked, settings = self._arguments, self._settings
        return PairKey(
            Pair(*self._symbols),
            asked.interval,
            settings.default_rolling_window if asked.window is None else asked.window,
            HedgeMethod.parse(asked.method) if asked.method else settings.default_regression,
            parse_scale(asked.scale, default=settings.default_scale),
        )
