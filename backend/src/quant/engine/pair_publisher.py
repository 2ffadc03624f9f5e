"""Pairs at a cadence: each that somebody looks at is refreshed once for all, off the event loop.

A round has so many seconds of the worker. When they are used up, what is left is shed: the pairs looked at last are
refreshed first, and one place of each round goes to the pair that has waited longest, so that none stands still.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

import numpy as np

from quant.engine.analysis import (
    SERIES_ROWS,
    Computed,
    PairInputs,
    analyse,
    changed_rows,
    is_unchanged,
    pair_inputs,
    seconds_for,
    view_of,
)
from quant.engine.cost import pair_seconds
from quant.engine.hub import Hub
from quant.engine.lanes import LONG_S, Lanes
from quant.engine.protocol import AnalyticsView, PairKey, PairSeriesView, PairView, Spend, freely
from quant.engine.running import RunningMarket
from quant.engine.topics import parse_topic, topic_name
from quant.errors import Unavailable
from quant.market.align import AlignedLegs

SHARE = 0.8
"""Of a beat, how much of it the worker may be busy with refreshes."""

LONG_AT_ONCE = 2
"""First computations that take long, under way or next in line: the others stay wanted, the pairs looked at last first,
and are forgotten with their last listener."""

AT_ONCE = 4
"""Pairs whose bars are copied between two turns of the event loop."""

KEPT = 16
"""Pairs nobody listens to whose rows are kept, so that who asks again and again has only new ones computed."""

STALE = "more pairs are looked at than can be refreshed in time: those looked at last go first"

Frames = tuple[Computed, PairView, PairView | None, PairView | None]
"""What was computed, its view, the value that this follows, and what leads from there to the view."""


class PairPublisher:
    """Keeps the topics of pairs up to date for as long as somebody listens."""

    def __init__(
        self,
        hub: Hub,
        lanes: Lanes,
        market: Callable[[], RunningMarket],
        *,
        interval_s: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hub = hub
        self._lanes = lanes
        self._market = market
        self._interval_s = interval_s
        self._now = now
        self._known: dict[PairKey, Computed] = {}
        self._viewed: dict[PairKey, int] = {}  # which look was the last
        self._looks = 0
        self._waiting: dict[PairKey, None] = {}  # shed, those that wait longest first
        self._asked: OrderedDict[PairKey, Computed] = OrderedDict()  # by requests, for nobody who listens
        self._long: set[PairKey] = set()
        self._tasks: asyncio.TaskGroup | None = None
        self._closed: set[tuple[str, str]] = set()
        self._wake = asyncio.Event()
        self._refreshed = self._shed = 0
        self._begun = 0  # how often it began anew: what was being computed before belongs to nobody

    # --- what others say and ask ---

    def follow(self) -> None:
        """Forget what was computed of the market before, or at the moment that a recording stood at before."""
        self._begun += 1
        self._known.clear()
        self._asked.clear()
        self._waiting.clear()
        self._closed.clear()
        self._refreshed = self._shed = 0

    def view(self) -> AnalyticsView:
        """Return how the cadence keeps up."""
        return AnalyticsView(len(self._wanted()), len(self._waiting), self._refreshed, self._shed)

    def look(self, key: PairKey) -> None:
        """Take note that somebody looks at this pair."""
        self._looks += 1
        self._viewed[key] = self._looks
        self._wake.set()

    def bars_closed(self, closed: Iterable[tuple[str, str]]) -> None:
        """Have the pairs of these (symbol, interval) refreshed at once."""
        self._closed.update(closed)
        self._wake.set()

    async def pair(
        self,
        key: PairKey,
        *,
        start: int | None,
        end: int | None,
        rows: int,
        legs: AlignedLegs | None = None,
        spend: Spend = freely,
    ) -> PairView:
        """Return one pair: as published last where somebody listens to it, computed now otherwise.

        `legs` are those before `end` where memory does not reach back far enough.
        """
        begun = self._begun
        if end is not None:
            running = self._market()
            inputs = pair_inputs(running, key, rows=rows, end=end, legs=legs)
            seconds = pair_seconds(key.method, window=key.window, rows=rows)
            view = await self._lanes.answer(partial(_view, inputs), seconds=seconds, spend=spend)
            self._check_same(begun)
            return rows_from(view, start, rows)
        name = topic_name(key)
        last = self._hub.newest(name)
        if not isinstance(last, PairView) or name not in self._hub.wanted_topics():
            inputs = pair_inputs(self._market(), key)
            held = self._known.get(key) or self._asked.get(key)
            work = partial(_frames, inputs, held, last if isinstance(last, PairView) else None)
            frames = await self._lanes.answer(work, seconds=seconds_for(inputs, held), spend=spend)
            self._check_same(begun)
            self._keep_asked(frames[0])
            self._put(frames)
            last = self._hub.newest(name)
        if not isinstance(last, PairView):
            raise Unavailable("the source was changed meanwhile: ask again")
        if name in self._hub.wanted_topics():
            self.look(key)
        else:
            self._hub.forget(name)
        return rows_from(last, start, rows)

    def seconds_to_follow(self, key: PairKey) -> float:
        """Return the expected seconds of computing that one more listener brings, 0 where somebody listens already."""
        if topic_name(key) in self._hub.wanted_topics():
            return 0.0
        return pair_seconds(key.method, window=key.window, rows=SERIES_ROWS)

    # --- the cadence ---

    async def run(self) -> None:
        """Refresh until cancelled: all wanted pairs at each beat, those with a bar that closed at once."""
        async with asyncio.TaskGroup() as self._tasks:
            self._long.clear()
            await self._keep_time()

    async def _keep_time(self) -> None:
        beat = self._now()
        while True:
            try:
                async with asyncio.timeout(max(beat - self._now(), 0.0)):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            if self._market().is_seeking:
                beat = self._now() + self._interval_s
                continue
            closed, self._closed = self._closed, set()
            wanted = self._wanted()
            self._keep_only(set(wanted))
            is_beat = self._now() >= beat
            if is_beat:
                beat = self._now() + self._interval_s
            await self.round([key for key in wanted if is_beat or self._is_urgent(key, closed)])

    def _wanted(self) -> list[PairKey]:
        return [
            topic for name in self._hub.wanted_topics() if isinstance(topic := parse_topic(name), PairKey)
        ]

    def _is_urgent(self, key: PairKey, closed: set[tuple[str, str]]) -> bool:
        legs = ((key.pair.a, key.interval), (key.pair.b, key.interval))
        return self._hub.newest(topic_name(key)) is None or any(leg in closed for leg in legs)

    def _keep_only(self, wanted: set[PairKey]) -> None:
        for held in (self._known, self._viewed, self._waiting):
            for key in held.keys() - wanted:
                del held[key]

    def _keep_asked(self, computed: Computed) -> None:
        self._asked.pop(computed.inputs.key, None)
        self._asked[computed.inputs.key] = computed
        if len(self._asked) > KEPT:
            self._asked.popitem(last=False)

    async def round(self, keys: list[PairKey]) -> None:
        """Refresh what fits into a round, the pairs looked at last first; shed the rest."""
        until = self._now() + SHARE * self._interval_s
        order = self._in_order(keys)
        while order and self._now() < until:
            part, order = order[:AT_ONCE], order[AT_ONCE:]
            await self._refresh(part)
        for at in range(0, len(order), AT_ONCE):
            for key in order[at : at + AT_ONCE]:
                self._put_off(key)
            await asyncio.sleep(0)

    def _in_order(self, keys: list[PairKey]) -> list[PairKey]:
        order = sorted(keys, key=lambda key: self._viewed.get(key, 0), reverse=True)
        asked = set(order)
        longest = next((key for key in self._waiting if key in asked), None)
        if longest is not None:
            order.remove(longest)
            order.insert(0, longest)
        return order

    async def _refresh(self, keys: list[PairKey]) -> None:
        running, begun, work = self._market(), self._begun, []
        for key in keys:
            if key in self._long or self._has_to_wait(key):
                continue  # it is being computed for the first time, or will be
            inputs, held = pair_inputs(running, key), self._known.get(key)
            if self._tasks is not None and seconds_for(inputs, held) > LONG_S:
                self._long.add(key)
                self._tasks.create_task(self._compute_long(begun, inputs, held))
                continue
            last = self._hub.newest(topic_name(key))
            work.append(partial(_frames, inputs, held, last if isinstance(last, PairView) else None))
        if work:
            done = await self._lanes.refresh.run(lambda: [each() for each in work])
            self._take(begun, done)

    def _has_to_wait(self, key: PairKey) -> bool:
        """Tell whether a first computation that takes long has to wait for others."""
        if len(self._long) < LONG_AT_ONCE or key in self._known:
            return False
        return pair_seconds(key.method, window=key.window, rows=SERIES_ROWS) > LONG_S

    async def _compute_long(self, begun: int, inputs: PairInputs, held: Computed | None) -> None:
        try:
            frames = await self._lanes.refresh_long.run(partial(_frames, inputs, held, None))
            self._take(begun, [frames])
        finally:
            self._long.discard(inputs.key)
            self._wake.set()

    def _take(self, begun: int, done: Iterable[Frames]) -> None:
        if begun != self._begun:
            return  # the market was switched meanwhile: these numbers belong to nobody
        for frames in done:
            computed, view, _, _ = frames
            if view.market == self._market().state.market:
                self._known[view.key] = computed
                self._refreshed += 1
                self._waiting.pop(view.key, None)
                self._put(frames)

    def _put(self, frames: Frames) -> None:
        _, view, last, update = frames
        name = topic_name(view.key)
        newest = self._hub.newest(name)
        if newest is not last:  # it was published meanwhile, by a request
            update = changed_rows(newest, view) if isinstance(newest, PairView) else None
        if isinstance(newest, PairView) and update is not None and is_unchanged(newest, update):
            return
        self._hub.put(name, view, update, time=self._market().as_of or 0)

    def _put_off(self, key: PairKey) -> None:
        """Shed one refresh, and say so in the pair's value when it is the first."""
        self._shed += 1
        self._waiting.setdefault(key)
        name = topic_name(key)
        last = self._hub.newest(name)
        if isinstance(last, PairView) and not last.stale_reason:
            view = replace(last, stale_reason=STALE)
            self._hub.put(name, view, changed_rows(last, view), time=self._market().as_of or 0)

    def _check_same(self, begun: int) -> None:
        if begun != self._begun:
            raise Unavailable("the source was changed meanwhile: ask again")


def _view(inputs: PairInputs) -> PairView:
    """Return a view of the past; runs in a lane."""
    return view_of(analyse(inputs))


def _frames(inputs: PairInputs, held: Computed | None, last: PairView | None) -> Frames:
    """Return what to publish; runs in a lane."""
    computed = analyse(inputs, held)
    view = view_of(computed)
    return computed, view, last, changed_rows(last, view) if last is not None else None


def rows_from(view: PairView, start: int | None, rows: int) -> PairView:
    """Return `view` with the newest `rows` rows that open at or after `start`."""
    kept = np.arange(len(view.series.times))
    if start is not None:
        kept = kept[view.series.times >= start]
    kept = kept[-rows:]
    columns = {name: getattr(view.series, name)[kept] for name in PairSeriesView.__dataclass_fields__}
    return replace(view, series=PairSeriesView(**columns))
