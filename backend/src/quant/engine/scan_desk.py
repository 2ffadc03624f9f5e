"""Scans that are asked for: of the streaming symbols now, or of any symbols and stretch of the past."""

from collections.abc import Sequence
from functools import partial

from quant.analytics.results import Status
from quant.domain import Scale
from quant.engine.checks import check_clock, check_matrix, check_symbol, check_window
from quant.engine.closes import Stretch
from quant.engine.cost import MAX_CELLS, check_scan
from quant.engine.lanes import Lanes
from quant.engine.matrix_publisher import MatrixPublisher
from quant.engine.protocol import ScanOrder, ScanView, Spend
from quant.engine.reading import Reading
from quant.engine.running import RunningMarket
from quant.engine.scanning import MIN_BARS, MIN_SYMBOLS, scan_view, scan_within
from quant.engine.topics import MatrixTopic
from quant.errors import InvalidParameter, NotEnoughData

DEFAULT_BARS = 1440


class ScanDesk:
    """Answers one question at a time; what is live comes from the matrix, so that its number is the topic's."""

    def __init__(self, reading: Reading, lanes: Lanes, matrix: MatrixPublisher) -> None:
        self._reading = reading
        self._lanes = lanes
        self._matrix = matrix

    async def scan(self, running: RunningMarket, order: ScanOrder, *, spend: Spend) -> ScanView:
        """Return the scan; raises InvalidInput for what cannot be, NotEnoughData where bars or symbols lack."""
        check_clock(running, order.interval)
        if _is_of_the_matrix(order):
            topic = MatrixTopic(order.interval, self._window(running, order))
            check_matrix(running, topic)
            if running.streamed:
                return _enough(await self._matrix.scan(topic, spend=spend))
        symbols = await self._symbols(running, order)
        window = self._window(running, order)
        check_window(window, least=MIN_BARS, most=MAX_CELLS // max(len(symbols), 1))
        seconds = check_scan(symbols=len(symbols), bars=window, calibrate=order.calibrate)
        stretch = await self._reading.stretch(running, symbols, order.interval, rows=window, end=order.end)
        have = sorted(stretch.reaches())[-MIN_SYMBOLS]
        if have < window:  # said before anything is laid out or has to wait
            raise NotEnoughData(_what(symbols, order.interval, window), have=have, need=window)
        work = partial(
            _scan,
            stretch,
            market=running.state.market,
            as_of=running.as_of,
            interval=order.interval,
            window=window,
            scale=order.scale,
            calibrate=order.calibrate,
        )
        return await self._lanes.answer(work, seconds=seconds, spend=spend)

    async def _symbols(self, running: RunningMarket, order: ScanOrder) -> tuple[str, ...]:
        if order.symbols is not None:
            await self._reading.know(running, order.symbols)
            symbols = dict.fromkeys(check_symbol(running, symbol) for symbol in order.symbols)
            if len(symbols) < MIN_SYMBOLS:
                raise InvalidParameter(
                    "symbols",
                    f"a scan needs {MIN_SYMBOLS} different symbols, got {', '.join(symbols) or 'none'}",
                )
            return tuple(symbols)
        found = tuple(sorted(running.streamed))
        if not found:
            found = await self._reading.stored_symbols(running, order.interval)
        if len(found) < MIN_SYMBOLS:
            raise NotEnoughData("streaming or stored symbols to scan", have=len(found), need=MIN_SYMBOLS)
        return found

    def _window(self, running: RunningMarket, order: ScanOrder) -> int:
        """Return the bars to test: as asked for, or all from start to end."""
        if order.start is None:
            return order.window if order.window is not None else DEFAULT_BARS
        width = next(each.ns for each in running.state.intervals if each.name == order.interval)
        end = order.end if order.end is not None else running.now()
        inside = max(end // width - -(-order.start // width), 0)
        if order.window is not None and order.window > inside:
            raise NotEnoughData(
                f"{order.interval} bars between start and end", have=inside, need=order.window
            )
        return order.window if order.window is not None else inside


def _is_of_the_matrix(order: ScanOrder) -> bool:
    """Tell whether the topic of all streaming symbols answers it."""
    named = order.symbols is not None or order.start is not None or order.end is not None
    return not named and order.scale is Scale.LOG and not order.calibrate


def _scan(
    stretch: Stretch, *, market: str, as_of: int | None, interval: str, window: int, scale: Scale, calibrate: bool
) -> ScanView:  # fmt: skip
    """Return the scan of bars that are laid out here; runs in a lane."""
    closes = stretch.closes()
    view = scan_view(
        closes, market=market, as_of=as_of, interval=interval, window=window, scale=scale, calibrate=calibrate
    )
    return scan_within(_enough(view), closes.prices)


def _enough(view: ScanView) -> ScanView:
    if view.status is Status.TOO_SHORT:
        raise NotEnoughData(_what(view.symbols, view.interval, view.window), have=view.have, need=view.need)
    return view


def _what(symbols: Sequence[str], interval: str, window: int) -> str:
    return f"{len(symbols)} symbols on {interval} bars, window {window}"
