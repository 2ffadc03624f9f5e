"""What alert rules see of the running market: observed at the moments when its bars close, and how far that has come.

What is observed is put in a queue between two awaits, so that it is of its moment.
"""

import asyncio
from collections.abc import Iterable

import structlog

from quant.alerts.metrics import MetricKey
from quant.clock import NS_PER_S, Clock
from quant.engine.alert_readings import STEP_NS, Observed, Observer, RingTrades
from quant.engine.alert_resumption import Resumption
from quant.engine.running import RunningMarket
from quant.engine.symbol_state import symbol_state

log = structlog.get_logger()

OBSERVE_S = 0.02
"""How long moments of the past are observed at a time: the event loop has other work."""

MOST_BEHIND = 20
"""Moments of the past that may wait for their evaluation: each holds copies of bars."""

USABLE = ("live", "quiet")


class AlertWatch:
    """Observes one market for its rules. Called by the market between two awaits."""

    def __init__(
        self, running: RunningMarket, clock: Clock, queue: asyncio.Queue[Observed], *, last: int
    ) -> None:
        """Go on from `last`, in ns up to which the market was observed before, 0 where it was not."""
        self._running = running
        self._clock = clock
        self._queue = queue
        self._observer = Observer(running.state, RingTrades(running.state), hindrance=self._hindered)
        self._last = last
        self._resumption: Resumption | None = None
        self._is_recalled = True
        if running.market.live:
            self._resumption = Resumption(clock, speed=running.market.speed, is_restart=last > 0)
            self._is_recalled = last == 0
        self._everything = False
        self._changed: set[tuple[str, str]] = set()
        self._hindrances: dict[str, str] = {}

    @property
    def pairs(self) -> int:
        """How many analyses of pairs the rules need."""
        return self._observer.pairs

    def keys_changed(self, keys: Iterable[MetricKey], *, everything: bool) -> None:
        """Observe these metrics from now on, all of them anew where it says so."""
        self._observer.watch(keys)
        self._everything |= everything

    def bars_changed(self, changed: Iterable[tuple[str, str]]) -> None:
        """Take note of closed bars that are new or others now."""
        self._changed.update(changed)

    def advance(self, until: int, *, next_due: int | None, has_rules: bool) -> None:
        """Observe all moments up to `until`, to which bars are closed; rules wait for the time `next_due`."""
        until -= until % STEP_NS
        if until <= self._last:
            return
        if not has_rules:  # a rule that comes later is not asked about the time before it
            self._last, self._is_recalled = until, True
            return
        self._note_hindrances()
        if not self._can_go_on(until):
            return
        moments = self._observer.moments(self._last, until) if self._last else []
        is_due = self._everything or self._changed or (next_due is not None and next_due <= until)
        if is_due and (not moments or moments[-1] != until):
            moments.append(until)
        began_s = self._clock.monotonic_s()
        for time in moments:
            is_last = time == moments[-1]
            self._observe(time, is_last=is_last, is_now=time == until)
            if not is_last and self._running.market.live and self._has_enough(began_s):
                return  # the rest the next time; a recording is observed at its moments, however long it takes
        self._changed.clear()
        self._last = until

    def _can_go_on(self, until: int) -> bool:
        """Tell whether what happened since the last moment can be observed now; see to where that begins."""
        resumption, running = self._resumption, self._running
        if resumption is None or not self._last:
            return True
        wanted = self._observer.symbols & running.wanted
        if resumption.holds_back(wanted, self._hindered, last=self._last, until=until):
            return False
        since = resumption.since(self._last, until)
        if since != self._last:
            log.warning(
                "alerts.too_long_away", market=running.state.market, unseen_s=(since - self._last) / NS_PER_S
            )
            self._last, self._everything, self._is_recalled = since, True, True
        elif not self._is_recalled:  # as it stood when the process before stopped: clocks go on from there
            self._is_recalled = True
            self._observe(self._last, is_last=False, is_now=True)
        return True

    def _observe(self, time: int, *, is_last: bool, is_now: bool) -> None:
        changed = frozenset(self._changed) if is_last else frozenset[tuple[str, str]]()
        observed = self._observer.observe(time, everything=self._everything, changed=changed)
        self._everything = False
        self._last = time
        if observed or is_now:
            self._queue.put_nowait(observed)

    def _has_enough(self, began_s: float) -> bool:
        return self._clock.monotonic_s() - began_s > OBSERVE_S or self._queue.qsize() >= MOST_BEHIND

    def _hindered(self, symbol: str) -> str:
        """Return why nothing of the symbol can be used, as noted for the moments that are observed now."""
        return self._hindrances.get(symbol, "")

    def _note_hindrances(self) -> None:
        """Have the bars of a symbol read again whose state has changed."""
        for symbol in self._observer.symbols:
            hindrance = _hindrance(self._running, symbol)
            if self._hindrances.get(symbol, "") != hindrance:
                self._hindrances[symbol] = hindrance
                self._changed.update((symbol, name) for name in self._observer.intervals)


def _hindrance(running: RunningMarket, symbol: str) -> str:
    """Return why nothing of the symbol can be used; a recording is used as it is."""
    if not running.market.live:
        return "" if symbol in running.market.specs else f"{symbol} is not in this market"
    name, reason = symbol_state(running, symbol)
    if name in USABLE:
        return ""
    return f"{symbol} is {name}" + (f": {reason}" if reason and name != "stale" else "")
