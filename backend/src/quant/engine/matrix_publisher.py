"""All pairs of all streaming symbols, tested anew when bars close, for as long as somebody listens."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

from quant.analytics.results import Status
from quant.domain import Scale
from quant.engine.closes import Closes, in_memory, join_symbols
from quant.engine.cost import check_matrices, check_scan
from quant.engine.hub import Hub
from quant.engine.lanes import Lanes
from quant.engine.protocol import ScanView, Spend, freely
from quant.engine.rolling_table import RollingTable
from quant.engine.running import RunningMarket
from quant.engine.scanning import scan_view, scan_within
from quant.engine.topics import MatrixTopic, parse_topic, topic_name
from quant.errors import Unavailable

FEW_SYMBOLS = 10
"""As many are reckoned with where fewer stream: others may be added while one listens."""

AT_ONCE = 8
"""Symbols whose bars are copied between two turns of the event loop."""


class MatrixPublisher:
    """Keeps the topics of all pairs up to date; a topic that nobody listens to costs nothing."""

    def __init__(
        self, hub: Hub, lanes: Lanes, market: Callable[[], RunningMarket], *, interval_s: float
    ) -> None:
        self._hub = hub
        self._lanes = lanes
        self._market = market
        self._interval_s = interval_s
        self._tables: dict[MatrixTopic, RollingTable] = {}
        self._due = asyncio.Event()
        self._begun = 0  # how often it began anew: what was being computed before belongs to nobody

    def follow(self) -> None:
        """Forget what was computed of the market before, or at the moment that a recording stood at before."""
        self._begun += 1
        self._tables.clear()

    def look(self) -> None:
        """Have the topics looked through at once."""
        self._due.set()

    def bars_closed(self, closed: Iterable[tuple[str, str]]) -> None:
        """Have those topics refreshed whose bars these are."""
        intervals = {interval for _, interval in closed}
        if any(topic.interval in intervals for topic in self._wanted()):
            self._due.set()

    def check_room(self, topic: MatrixTopic) -> None:
        """Raise InvalidParameter where the topic cannot be followed beside those that are listened to."""
        running, wanted = self._market(), self._wanted()
        if topic in wanted:
            return
        symbols = max(len(running.wanted), FEW_SYMBOLS)
        seconds = {each.name: each.seconds for each in running.state.intervals}
        known = [each for each in (*wanted, topic) if each.interval in seconds]
        check_matrices((symbols, each.window, seconds[each.interval]) for each in known)

    async def scan(self, topic: MatrixTopic, *, spend: Spend = freely) -> ScanView:
        """Return the matrix: as published last where somebody listens to it, computed now otherwise."""
        name = topic_name(topic)
        last = self._hub.newest(name)
        if not isinstance(last, ScanView) or name not in self._hub.wanted_topics():
            await self._refresh(topic, spend)
            last = self._hub.newest(name)
        if not isinstance(last, ScanView):
            raise Unavailable("the source was changed meanwhile: ask again")
        if name not in self._hub.wanted_topics():
            self._hub.forget(name)
        return last

    async def run(self) -> None:
        """Refresh until cancelled; between closes only what has come or gone is looked for."""
        while True:
            try:
                async with asyncio.timeout(self._interval_s):
                    await self._due.wait()
            except TimeoutError:
                pass
            self._due.clear()
            if self._market().is_seeking:
                continue
            wanted = self._wanted()
            for topic in self._tables.keys() - set(wanted):
                del self._tables[topic]
            for topic in wanted:
                await self._refresh(topic)

    def _wanted(self) -> list[MatrixTopic]:
        return [
            topic for name in self._hub.wanted_topics() if isinstance(topic := parse_topic(name), MatrixTopic)
        ]

    async def _refresh(self, topic: MatrixTopic, spend: Spend = freely) -> None:
        running, begun, name = self._market(), self._begun, topic_name(topic)
        closes = await self._closes(running, topic)
        is_wanted = name in self._hub.wanted_topics()
        table = self._tables.setdefault(topic, RollingTable()) if is_wanted else None
        if table is not None and table.holds(closes) and isinstance(self._hub.newest(name), ScanView):
            return
        view = scan_view(
            closes,
            market=running.state.market,
            as_of=running.as_of,
            interval=topic.interval,
            window=topic.window,
            scale=Scale.LOG,
        )
        if table is not None:
            view = await self._lanes.matrix.run(partial(table.scan, view, closes))
        elif view.status is Status.OK:
            seconds = check_scan(symbols=len(closes.symbols), bars=len(closes))
            work = partial(scan_within, view, closes.prices)
            view = await self._lanes.answer(work, seconds=seconds, spend=spend)
        if begun != self._begun or view.market != running.state.market:
            return  # the market was switched meanwhile: these numbers belong to nobody
        self._hub.put(name, view, None, time=self._market().as_of or 0)

    async def _closes(self, running: RunningMarket, topic: MatrixTopic) -> Closes:
        """Return the closes of all streaming symbols, copied a few symbols at a time."""
        symbols, state = sorted(running.streamed), running.state
        until = max((state.close_from(symbol, topic.interval) for symbol in symbols), default=0)
        parts = []
        for first in range(0, len(symbols), AT_ONCE):
            part = symbols[first : first + AT_ONCE]
            parts.append(in_memory(state, part, topic.interval, rows=topic.window, end=until))
            await asyncio.sleep(0)
        return join_symbols(parts)
