"""Turns a changing market into numbered topic values, each once, only while somebody listens."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from quant.domain import EVENT_LETTERS, Bars, EventInterval, Pair
from quant.engine import snapshots
from quant.engine.beats import beats
from quant.engine.checks import check_interval, check_key, check_matrix, check_symbol
from quant.engine.event_desk import EventDesk, ReadStored
from quant.engine.hub import Hub
from quant.engine.lanes import Lanes
from quant.engine.matrix_publisher import MatrixPublisher
from quant.engine.pair_publisher import PairPublisher
from quant.engine.protocol import (
    AlertsStatusView,
    BarsView,
    PairKey,
    SecondsView,
    StatusView,
    TicksView,
)
from quant.engine.running import RunningMarket
from quant.engine.topics import (
    STATUS,
    AlertsTopic,
    BarsTopic,
    MatrixTopic,
    SecondsKind,
    SecondsTopic,
    StatusTopic,
    TicksTopic,
    Topic,
    parse_topic,
    topic_name,
)
from quant.errors import InvalidParameter, StorageError, Unavailable

log = structlog.get_logger()

DATA_EVERY_S = 0.25
STATUS_EVERY_S = 0.5
TOPIC_BARS = 1500
TOPIC_TICKS = 100
TOPIC_SECONDS = 600


class Publisher:
    """Puts status, bars, ticks, quotes and marks of the running market into the hub; `pairs` and `matrix` theirs."""

    def __init__(
        self,
        hub: Hub,
        *,
        interval_s: float,
        read_stored: ReadStored | None = None,
        alerts: Callable[[], AlertsStatusView] = AlertsStatusView,
    ) -> None:
        self._hub = hub
        self.lanes = Lanes()
        self.pairs = PairPublisher(hub, self.lanes, self._market, interval_s=interval_s)
        self.matrix = MatrixPublisher(hub, self.lanes, self._market, interval_s=interval_s)
        self._event_desk = EventDesk(read_stored)
        self._alerts = alerts
        self._running: RunningMarket | None = None
        self._source = ""
        self._versions: dict[str, int] = {}
        self._event_bars_wanted = asyncio.Event()

    def follow(self, running: RunningMarket, *, source: str) -> None:
        """Publish this market from now on, nothing of the one before."""
        self._running, self._source = running, source
        self._forget()

    def _forget(self) -> None:
        self._versions.clear()
        self.pairs.follow()
        self.matrix.follow()

    def close(self) -> None:
        self.lanes.close()

    def arrived(self) -> None:
        """Publish what a recording shows that was put at another moment, nothing of where it was before."""
        self._hub.reset()
        self._forget()
        for name in self._hub.wanted_topics():
            self._publish(parse_topic(name))
        state = self._market().state
        closed = {(symbol, interval.name) for symbol in state.symbols for interval in state.intervals}
        self.bars_closed(closed)

    async def run(self) -> None:
        """Publish until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._publish_data())
            group.create_task(self._publish_status_regularly())
            group.create_task(self.pairs.run())
            group.create_task(self.matrix.run())
            group.create_task(self._publish_event_bars())

    def check_topic(self, name: str) -> None:
        """Raise InvalidInput when the topic cannot be had in this market."""
        running, topic = self._market(), parse_topic(name)
        match topic:
            case TicksTopic(symbol):
                topic = TicksTopic(check_symbol(running, symbol))
            case BarsTopic(symbol, interval):
                topic = BarsTopic(check_symbol(running, symbol), interval)
                check_interval(running, interval)
            case SecondsTopic(kind, symbol):
                topic = SecondsTopic(kind, check_symbol(running, symbol))
            case PairKey(pair=pair):
                check_key(running, topic)
                legs = Pair(check_symbol(running, pair.a), check_symbol(running, pair.b))
                topic = replace(topic, pair=legs)
            case MatrixTopic():
                check_matrix(running, topic)
                self.matrix.check_room(topic)
            case StatusTopic() | AlertsTopic():
                pass
        if name != topic_name(topic):  # a topic has one spelling, or its listeners would not meet
            raise InvalidParameter("topic", f"write {name[:100]!r} as {topic_name(topic)!r}")
        self._publish(topic)

    # --- status ---

    def status(self) -> StatusView:
        """Return the status as published last, published now when it has changed."""
        self.publish_status()
        newest = self._hub.newest(STATUS)
        assert isinstance(newest, StatusView)  # noqa: S101  just published
        return newest

    def publish_status(self) -> None:
        """Publish the status when it differs from the last."""
        running = self._market()
        view = self._status(running)
        last = self._hub.newest(STATUS)
        if isinstance(last, StatusView) and replace(last, seq=0) == view:
            return
        self._hub.put(STATUS, view, view, time=self._time())

    def _status(self, running: RunningMarket) -> StatusView:
        view = snapshots.status_view(running, source=self._source, analytics=self.pairs.view())
        return replace(view, alerts=self._alerts())

    async def _publish_status_regularly(self) -> None:
        """Publish at a beat even without news: its silence tells a client that the server hangs."""
        while True:
            if STATUS in self._hub.wanted_topics():
                view = self._status(self._market())
                self._hub.put(STATUS, view, view, time=self._time())
            await asyncio.sleep(STATUS_EVERY_S)

    # --- bars, ticks, quotes and marks ---

    def bars_closed(self, closed: set[tuple[str, str]]) -> None:
        """Publish bars that have just closed, and have what rests on them computed at once."""
        if self._market().is_seeking:
            return
        wanted = set(self._hub.wanted_topics())
        for symbol, interval in closed:
            if f"bars:{symbol}:{interval}" in wanted:
                self.publish_bars(symbol, interval)
        self.pairs.bars_closed(closed)
        self.matrix.bars_closed(closed)

    def publish_bars(self, symbol: str, interval: str) -> int:
        """Publish the symbol's bars when they have changed; return their number."""
        running, name = self._market(), f"bars:{symbol}:{interval}"
        version, last = running.state.version(symbol, interval), self._hub.newest(name)
        if isinstance(last, BarsView) and self._versions.get(name) == version:
            return last.seq
        self._versions[name] = version
        view = snapshots.bars_view(running, symbol, interval, limit=TOPIC_BARS)
        update = snapshots.changed_bars(last, view) if isinstance(last, BarsView) else None
        return self._hub.put(name, view, update, time=self._time())

    def publish_ticks(self, symbol: str) -> int:
        """Publish the symbol's newest trades when there are new ones; return their number."""
        running, name = self._market(), f"ticks:{symbol}"
        written, last = running.state.ticks_written(symbol), self._hub.newest(name)
        if isinstance(last, TicksView) and self._versions.get(name) == written:
            return last.seq
        more = written - self._versions.get(name, 0)
        self._versions[name] = written
        view = snapshots.ticks_view(running, symbol, limit=TOPIC_TICKS)
        update = snapshots.newer_ticks(last, view) if isinstance(last, TicksView) else None
        if update is not None and len(update.ids) != more:  # some new ones are not on the page
            update = None
        return self._hub.put(name, view, update, time=self._time())

    def publish_seconds(self, kind: SecondsKind, symbol: str) -> int:
        """Publish the symbol's quotes or mark prices when they have changed; return their number."""
        running, name = self._market(), topic_name(SecondsTopic(kind, symbol))
        version, last = snapshots.seconds_of(running, kind).version(symbol), self._hub.newest(name)
        if (
            isinstance(last, SecondsView)
            and self._versions.get(name) == version
            and last.stale_reason == snapshots.stale_reason(running, kind, symbol)
        ):
            return last.seq
        self._versions[name] = version
        view = snapshots.seconds_view(running, kind, symbol, limit=TOPIC_SECONDS)
        update = snapshots.changed_seconds(last, view) if isinstance(last, SecondsView) else None
        return self._hub.put(name, view, update, time=self._time())

    async def _publish_data(self) -> None:
        async for _ in beats(DATA_EVERY_S):
            if self._market().is_seeking:
                continue
            for name in self._hub.wanted_topics():
                topic = parse_topic(name)
                if isinstance(topic, BarsTopic | TicksTopic | SecondsTopic) and not _of_events(topic):
                    self._publish(topic)

    def _publish(self, topic: Topic) -> None:
        match topic:
            case BarsTopic() if _of_events(topic):
                self._event_bars_wanted.set()  # their trades may have to be read from the disk
            case BarsTopic(symbol, interval):
                self.publish_bars(symbol, interval)
            case TicksTopic(symbol):
                self.publish_ticks(symbol)
            case SecondsTopic(kind, symbol):
                self.publish_seconds(kind, symbol)
            case StatusTopic():
                self.publish_status()
            case PairKey():
                self.pairs.look(topic)  # computed in a lane, off this loop
            case MatrixTopic():
                self.matrix.look()
            case AlertsTopic():
                pass  # told one by one, by the alert desk

    # --- bars of trades and volume ---

    async def event_bars(
        self, symbol: str, interval: EventInterval, *, limit: int, start: int | None, end: int | None
    ) -> BarsView:
        """Return bars of trades or volume, and publish the newest; nothing of them stays where nobody listens."""
        running, name = self._market(), topic_name(BarsTopic(symbol, interval.name))
        bars = await self._event_desk.bars(running.state, symbol, interval)
        if running is not self._running:
            raise Unavailable("the source was changed meanwhile: ask again")
        seq = self._put_event_bars(running, symbol, interval.name, bars)
        if name not in self._hub.wanted_topics():
            self._hub.forget(name)
        return snapshots.event_bars_view(
            running, symbol, interval.name, bars, limit=limit, start=start, end=end, seq=seq
        )

    def _put_event_bars(self, running: RunningMarket, symbol: str, interval: str, bars: Bars) -> int:
        name = topic_name(BarsTopic(symbol, interval))
        view = snapshots.event_bars_view(running, symbol, interval, bars, limit=TOPIC_BARS)
        last, update = self._hub.newest(name), None
        if isinstance(last, BarsView):
            update = snapshots.changed_event_bars(last, view)
            if update is not None and not len(update.bars):
                return last.seq
        return self._hub.put(name, view, update, time=self._time())

    async def _publish_event_bars(self) -> None:
        while True:
            try:
                async with asyncio.timeout(DATA_EVERY_S):
                    await self._event_bars_wanted.wait()
            except TimeoutError:
                pass
            self._event_bars_wanted.clear()
            if self._market().is_seeking:
                continue
            topics = [parse_topic(name) for name in self._hub.wanted_topics()]
            wanted = [topic for topic in topics if isinstance(topic, BarsTopic) and _of_events(topic)]
            for topic in wanted:
                await self._refresh_event_bars(topic)
            self._event_desk.keep_only({(topic.symbol, topic.interval) for topic in wanted})

    async def _refresh_event_bars(self, topic: BarsTopic) -> None:
        running = self._market()
        try:
            interval = EventInterval.parse(topic.interval)
            bars = await self._event_desk.bars(running.state, topic.symbol, interval)
        except (OSError, StorageError) as error:
            log.error("event_bars.unreadable", symbol=topic.symbol, interval=topic.interval, error=str(error))
            return
        if running is self._running:
            self._put_event_bars(running, topic.symbol, topic.interval, bars)

    def _market(self) -> RunningMarket:
        if self._running is None:
            raise Unavailable("the engine has not been started")
        return self._running

    def _time(self) -> int:
        return self._market().as_of or 0


def _of_events(topic: BarsTopic | TicksTopic | SecondsTopic) -> bool:
    """Tell whether a topic is bars of trades or volume."""
    return isinstance(topic, BarsTopic) and topic.interval[:1] in EVENT_LETTERS
