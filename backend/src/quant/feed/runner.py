"""One connection kept alive: connect, come back, hand over to a successor before its time is up. Knows no exchange."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import structlog
from picows import WSError

from quant.clock import NS_PER_S
from quant.feed.backoff import backoff
from quant.feed.exchange import Channel
from quant.feed.link import Link, Wiring

log = structlog.get_logger()

ConnectionState = Literal["connecting", "open", "waiting", "closed"]
RENEW_MOST = 32  # times `renew_every_s` at the most, between two replacements


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """What a person wants to know about a connection; times are wall clock, ns."""

    id: str
    state: ConnectionState
    since: int
    streams: int
    messages: int
    reconnects: int
    attempt: int
    retry_at: int | None
    last_error: str | None


class ConnectionRunner:
    """Owns one connection, its successor while one hands over to the other, and the set of symbols to carry."""

    def __init__(self, name: str, wiring: Wiring, *, rng: random.Random, channel: Channel = "trades") -> None:
        self.name = name
        self.channel: Channel = channel
        self.wanted: frozenset[str] = frozenset()
        self.hand_overs = 0
        self._wiring = wiring
        self._pace = wiring.pace
        self._timing = wiring.timing
        self._rng = rng
        self._changed = asyncio.Event()
        self._renewal = asyncio.Event()
        self._renew_after_s = 0.0
        self._renewals = 0
        self._state: ConnectionState = "closed"
        self._since = self._pace.wall_ns()
        self._retry_at: int | None = None
        self._last_error: str | None = None
        self._attempt = 0
        self._connects = 0
        self._messages = 0
        self._quarantined: Counter[str] = Counter()
        self._links: dict[Link, asyncio.Task[BaseException | None]] = {}

    # --- what others ask of it ---

    def want(self, symbols: Iterable[str]) -> None:
        """Change the set of symbols; the connection follows by itself."""
        self.wanted = frozenset(symbols)
        self._changed.set()
        for link in self._links:
            link.want(self.wanted)

    def ask_again(self, symbols: Iterable[str]) -> None:
        """Subscribe these symbols anew: nothing comes of them."""
        for link in self._links:
            link.ask_again(frozenset(symbols))

    def renew(self, reason: str) -> None:
        """Replace the connection by another, which has to deliver first; not more often than makes sense."""
        now_s = self._pace.monotonic_s()
        if now_s < self._renew_after_s:
            return
        healthy = now_s - self._renew_after_s > self._timing.renew_every_s * RENEW_MOST
        self._renewals = 0 if healthy else self._renewals
        self._renew_after_s = now_s + self._timing.renew_every_s * min(2**self._renewals, RENEW_MOST)
        self._renewals += 1
        log.warning("feed.renew", connection=self.name, reason=reason)
        self._renewal.set()

    def info(self) -> ConnectionInfo:
        return ConnectionInfo(
            self.name,
            self._state,
            self._since,
            len(self.wanted),
            self._messages + sum(link.messages for link in self._links),
            max(self._connects - 1, 0),
            self._attempt,
            self._retry_at,
            self._last_error,
        )

    @property
    def is_open(self) -> bool:
        return self._state == "open"

    def brings_views(self, symbol: str) -> bool:
        """Tell whether the symbol's quotes, or mark prices, come over this connection as they usually do."""
        return self.is_open and any(not link.is_view_silent(symbol) for link in self._links)

    @property
    def quarantined(self) -> Counter[str]:
        """Return how many frames and trades broke the protocol, by symbol."""
        total = Counter(self._quarantined)
        for link in self._links:
            total.update(link.decoder.quarantined)
        return total

    # --- its life ---

    async def run(self) -> None:
        """Keep the connection up until cancelled; only our own bugs get out as exceptions."""
        waits = self._waits()
        try:
            while True:
                if not self.wanted:
                    self._enter("closed")
                    await self._next_change()
                    continue
                opened_s = self._pace.monotonic_s()
                link = await self._opened()
                if link is not None:
                    await self._keep(link)
                if not self.wanted:
                    continue
                if link is not None and self._pace.monotonic_s() - opened_s > self._timing.healthy_s:
                    waits = self._waits()
                await self._wait(next(waits))
        finally:
            for link, task in self._links.items():
                task.cancel()
                link.end()

    def _waits(self) -> Iterator[float]:
        return backoff(self._rng)

    async def _wait(self, wait_s: float) -> None:
        self._retry_at = self._pace.wall_ns() + int(self._pace.real_s(wait_s) * NS_PER_S)
        self._enter("waiting")
        log.warning("feed.reconnect", connection=self.name, delay_s=round(wait_s, 2), error=self._last_error)
        await self._pace.sleep(wait_s)
        self._retry_at = None

    def _enter(self, state: ConnectionState) -> None:
        if state != self._state:
            self._state = state
            self._since = self._pace.wall_ns()

    async def _next_change(self) -> None:
        await self._changed.wait()
        self._changed.clear()

    async def _opened(self) -> Link | None:
        """Return a new connection at work, None when it could not be made."""
        self._attempt += 1
        if not self._links:
            self._enter("connecting")
        await self._wiring.connects.turn()
        link = Link(self.name, self._wiring, channel=self.channel)
        try:
            await link.open(self.wanted)
        except (OSError, WSError, UnicodeError) as error:  # the last: a host name that cannot be one
            link.end()
            self._last_error = self._explain(error)
            return None
        except BaseException:
            link.end()
            raise
        link.want(self.wanted)  # it may have changed meanwhile
        self._changed.clear()
        self._links[link] = asyncio.create_task(link.run(), name=f"feed {self.name}")
        self._attempt = 0
        self._last_error = None
        self._enter("open")
        log.info("feed.open", connection=self.name, streams=len(self.wanted))
        return link

    async def _keep(self, link: Link) -> None:
        """Return when the connection and all that took its place have ended; raise what of our own ended it."""
        self._connects += 1
        self._renewal.clear()
        retry_s = 0.0
        waits = self._waits()
        while True:
            due_s = max(link.opened_s + self._life_s(), retry_s)
            if await self._ended_before(link, due_s):
                self._part(link)
                return
            self._renewal.clear()
            successor = await self._opened()
            if successor is None:
                self._attempt = 0
                log.warning("feed.no_successor", connection=self.name, error=self._last_error)
                retry_s = self._pace.monotonic_s() + next(waits)
                continue
            link = await self._hand_over(link, successor)

    def _life_s(self) -> float:
        """Return how long a connection serves: no two end together."""
        return self._timing.hand_over_after_s * self._rng.uniform(0.7, 1.0)

    async def _ended_before(self, link: Link, due_s: float) -> bool:
        """Return True when the connection has ended, False when it is due or asked to be replaced before that."""
        task = self._links[link]
        look_s = self._pace.real_s(self._timing.look_every_s)
        renewal = asyncio.create_task(self._renewal.wait())
        try:
            while not (task.done() or renewal.done() or self._pace.monotonic_s() >= due_s):
                await asyncio.wait({task, renewal}, timeout=look_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            renewal.cancel()
        return task.done()

    async def _hand_over(self, link: Link, successor: Link) -> Link:
        """Return the connection that goes on: the successor once it delivers what its predecessor does."""
        pace, timing = self._pace, self._timing
        start_s = pace.monotonic_s()
        while not self._links[link].done() and not self._links[successor].done():
            overlap_s = pace.monotonic_s() - start_s
            if overlap_s >= timing.overlap_s and _delivers(successor, link):
                break
            if overlap_s >= timing.overlap_most_s:
                log.warning("feed.hand_over_unproven", connection=self.name)
                break
            tasks = {self._links[link], self._links[successor]}
            await asyncio.wait(
                tasks, timeout=pace.real_s(timing.look_every_s), return_when=asyncio.FIRST_COMPLETED
            )
        if self._links[successor].done():
            self._part(successor)
            return link
        link.leave()
        await asyncio.wait({self._links[link]})
        self._part(link)
        self._last_error = None
        self.hand_overs += 1
        log.info("feed.handed_over", connection=self.name)
        return successor

    def _part(self, link: Link) -> None:
        """Take leave of a connection that has ended; raise the failure of our own code, if that was it."""
        task = self._links.pop(link)
        self._messages += link.messages
        self._quarantined.update(link.decoder.quarantined)
        self._last_error = link.last_error
        failure = task.result()
        if failure is not None:
            raise failure

    def _explain(self, error: BaseException) -> str:
        host = urlsplit(self._wiring.base_url).netloc
        if isinstance(error, TimeoutError):
            return f"cannot reach {host}: no answer within {self._timing.connect_s:.0f} s"
        return f"cannot reach {host}: {str(error) or type(error).__name__}"


def _delivers(successor: Link, predecessor: Link) -> bool:
    """Tell whether all that came over the predecessor since the successor opened comes over the successor too."""
    lately = {stream for stream, heard_s in predecessor.heard_s.items() if heard_s >= successor.opened_s}
    return lately <= successor.heard_s.keys()
