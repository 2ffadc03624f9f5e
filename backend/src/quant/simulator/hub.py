"""Which connection gets which stream, and the task that sends each event when its time has come."""

import asyncio
from operator import itemgetter
from typing import Protocol

from quant.simulator.faults import AlteredMarket, Injector
from quant.simulator.streams import Category, Cursor, find_stream
from quant.simulator.timeline import Timeline

_MAX_SLEEP_S = 0.02  # a new subscription waits at most this long for its first look
_MIN_SLEEP_S = 0.001
_MAX_CATCH_UP_S = 120.0  # of wall time; a machine that slept longer has lost its connections


class Subscriber(Protocol):
    """One connection, as the hub sees it."""

    def deliver(self, name: str, payload: bytes, published_ms: int) -> None:
        """Send one event."""
        ...

    def check(self, now_s: float, now_ms: int) -> None:
        """Look after pings, age and backlog; `now_s` counts time-outs, `now_ms` what has been published."""
        ...

    def shut(self, code: int, reason: str) -> None:
        """Close the connection, with a reason."""
        ...

    def drop(self) -> None:
        """End the connection at once."""
        ...


class Hub:
    """Owns the cursors of all streams somebody listens to. Everything here runs on the event loop."""

    def __init__(self, market: AlteredMarket, timeline: Timeline, injector: Injector) -> None:
        self._market = market
        self._timeline = timeline
        self.injector = injector
        self._cursors: dict[str, Cursor] = {}
        self._listeners: dict[str, dict[Subscriber, None]] = {}
        self._last_ms = timeline.now_ms()
        self.connections: dict[Subscriber, None] = {}
        self.sent = 0
        self.evicted = 0

    @property
    def market(self) -> AlteredMarket:
        return self._market

    @property
    def timeline(self) -> Timeline:
        return self._timeline

    def listen(self, subscriber: Subscriber, name: str, category: Category) -> bool:
        """Begin sending a stream and return True; an unknown one, or one of another category, stays silent."""
        cursor = self._cursors.get(name)
        if cursor is None:
            stream = find_stream(self._market, name)
            if stream is None:
                return False
            cursor = Cursor(stream, self._timeline.now_ms())
        if cursor.stream.category is not category:
            return False
        self._cursors[name] = cursor
        self._listeners.setdefault(name, {})[subscriber] = None
        return True

    def unlisten(self, subscriber: Subscriber, name: str) -> None:
        """Stop sending a stream; one that nobody hears any more is forgotten."""
        listeners = self._listeners.get(name, {})
        listeners.pop(subscriber, None)
        if not listeners:
            self._listeners.pop(name, None)
            self._cursors.pop(name, None)

    async def run(self) -> None:
        """Send events as market time reaches them, until cancelled."""
        while True:
            self.publish()
            now_s = self._timeline.monotonic_s()
            for connection in list(self.connections):
                connection.check(now_s, self._last_ms)
            await asyncio.sleep(self._pause_s())

    def publish(self) -> None:
        """Send everything that is due, in the order of publication."""
        now_ms = self._timeline.now_ms()
        if self._cursors and now_ms - self._last_ms > 1000 * _MAX_CATCH_UP_S * max(1.0, self._timeline.speed):
            self._start_over()
        self._last_ms = now_ms
        due = [
            (published, name, payload)
            for name, cursor in self._cursors.items()
            for published, payload in cursor.due(now_ms)
        ]
        due.sort(key=itemgetter(0))  # stable: within a stream the order of ids stays
        for published, name, payload in due:
            for listener in list(self._listeners.get(name, ())):
                listener.deliver(name, payload, published)
                self.sent += 1

    def disconnect_all(self) -> None:
        """Tell every client that the exchange goes away, and leave."""
        for connection in list(self.connections):
            connection.shut(1001, "The exchange is going away")
            connection.drop()

    def _start_over(self) -> None:
        for connection in list(self.connections):
            connection.shut(1012, "the exchange was suspended")
        self._cursors.clear()
        self._listeners.clear()

    def _pause_s(self) -> float:
        if not self._cursors:
            return _MAX_SLEEP_S
        soonest = min(cursor.next_ms() for cursor in self._cursors.values())
        ahead_s = (soonest * 1_000_000 - self._timeline.now_ns()) / 1e9 / self._timeline.speed
        return min(_MAX_SLEEP_S, max(_MIN_SLEEP_S, ahead_s))
