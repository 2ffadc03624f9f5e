"""Alert rules of the running market: observed when its bars close, evaluated in order, stored before they are told.

What is observed is put in a queue between two awaits, so that it is of its moment; the rest is done moment by moment.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import structlog

from quant.alerts.evaluator import Evaluator, RuleStatus
from quant.alerts.events import AlertEvent, Ending, event_document
from quant.alerts.parsing import Vocabulary, parse_rule
from quant.alerts.preview import HORIZONS, Preview, followed_by
from quant.alerts.rules import Document, Rule, rule_document
from quant.alerts.states import decode_state, encode_state
from quant.analytics import HEDGE_METHODS
from quant.clock import NS_PER_MS, NS_PER_S, Clock
from quant.domain import HedgeMethod
from quant.engine.alert_preview import previewed
from quant.engine.alert_readings import (
    STEP_NS,
    Completer,
    Observed,
    Observer,
    RingTrades,
    pairs_of,
)
from quant.engine.alert_resumption import Resumption
from quant.engine.alert_views import event_view
from quant.engine.lanes import Lane
from quant.engine.protocol import (
    AlertEventView,
    AlertPage,
    AlertPreviewView,
    AlertQuery,
    AlertRuleView,
    AlertsStatusView,
    AlertsView,
    PairKey,
)
from quant.engine.running import RunningMarket
from quant.engine.symbol_state import symbol_state
from quant.errors import InvalidRule, NotFound, QuantError, StorageError, TooLarge, Unavailable
from quant.settings import Settings
from quant.storage.alert_records import AlertChanges, EventEnd, EventFilter, NewEvent, StoredEvent, StoredRule
from quant.storage.alert_store import AlertStore
from quant.storage.store import Store

log = structlog.get_logger()

MAX_RULES = 10_000
MAX_PAIRS = 1000
"""Analyses that all rules together may need."""

OBSERVE_S = 0.02
"""How long moments of the past are observed at a time: the event loop has other work."""

MOST_BEHIND = 20
"""Moments of the past that may wait for their evaluation: each holds copies of bars."""

NOTE_EVERY_S = 5.0
"""How often it is stored how far evaluation has come, where nothing else is to be stored."""

RETRY_S = 1.0
LASTING_SHOWN = 1000
USABLE = ("live", "quiet")

Tell = Callable[[AlertsView], None]


class _All(frozenset[str]):
    """Every word."""

    def __contains__(self, word: object) -> bool:
        return True


STORED = Vocabulary(is_symbol=lambda _: True, intervals=_All(), most_window=10**9)
"""What a rule that is stored may speak of: it was checked when it was saved, perhaps in another market."""


def stored_vocabulary(settings: Settings, check_channel: Callable[[str], object]) -> Vocabulary:
    """Return what a rule may speak of that is saved while no market runs: any symbol."""
    return Vocabulary(
        is_symbol=lambda _: True,
        intervals=frozenset(interval.name for interval in settings.intervals),
        methods=frozenset(HedgeMethod(name) for name in HEDGE_METHODS),
        check_channel=check_channel,
        usual_window=settings.default_rolling_window,
        usual_method=settings.default_regression,
        usual_scale=settings.default_scale,
    )


class AlertDesk:
    """Owns the evaluator of the running market and the store of alerts. Runs on one event loop."""

    def __init__(
        self,
        store: AlertStore,
        *,
        settings: Settings,
        clock: Clock,
        check_channel: Callable[[str], object],
        tell: Tell,
        wake_courier: Callable[[], None],
        past: Store | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._check_channel = check_channel
        self._tell = tell
        self._wake_courier = wake_courier
        self._past = past
        self._lane = Lane("alerts")
        self._disk = Lane(
            "alerts-disk"
        )  # of its own: requests that read for seconds must not hold up an alert
        self._queue: asyncio.Queue[Observed] = asyncio.Queue()
        self._lock = asyncio.Lock()
        self._stored: dict[str, StoredRule] = {}
        self._rules: dict[str, Rule] = {}
        self._lasting: dict[str, AlertEventView] = {}
        self._last_change = 0
        self._events = 0
        self.trouble: str | None = None
        self._leave()

    def _leave(self) -> None:
        """Forget the market before."""
        self._running: RunningMarket | None = None
        self._evaluator: Evaluator | None = None
        self._observer: Observer | None = None
        self._completer = Completer()
        self._pairs: dict[PairKey, Any] = {}  # Any: the metrics of each, as `pairs_of` gives them
        while not self._queue.empty():
            self._queue.get_nowait()
        self._last = 0
        self._resumption: Resumption | None = None
        self._is_recalled = True
        self._noted_s = 0.0
        self._everything = False
        self._changed: set[tuple[str, str]] = set()
        self._hindrances: dict[str, str] = {}

    # --- life ---

    async def open(self) -> None:
        """Read the rules."""
        for stored in await self._disk.run(self._store.rules):
            try:
                self._rules[stored.id] = parse_rule(msgspec.json.decode(stored.document), STORED)
                self._stored[stored.id] = stored
            except (QuantError, msgspec.DecodeError) as error:
                log.error("alerts.unreadable_rule", rule=stored.id, error=str(error))
        self._last_change = await self._disk.run(self._store.last_change)

    def close(self) -> None:
        self._lane.close()
        self._disk.close()

    def leave(self) -> None:
        """Stop to evaluate; what has been observed is dropped."""
        self._leave()

    async def begin(self, running: RunningMarket) -> None:
        """Evaluate in this market from now on; to be awaited before its first trade, once it knows its name."""
        if self._running is running:
            return
        async with self._lock:
            self._leave()
            market = running.state.market
            while True:
                try:
                    if not running.market.kept:  # it begins anew each time, in its own past
                        await self._disk.run(partial(self._store.forget_states, market))
                    await self._restore(market)
                    break
                except StorageError as error:
                    self._fail(error)
                    await asyncio.sleep(RETRY_S)
            self.trouble = None
            self._running = running
            self._observer = Observer(running.state, RingTrades(running.state), hindrance=self._hindered)
            if running.market.live:
                is_restart = self._last > 0
                self._resumption = Resumption(self._clock, speed=running.market.speed, is_restart=is_restart)
                self._is_recalled = not is_restart
            self._keys_changed()
        self._tell_all()

    async def _restore(self, market: str) -> None:
        texts, as_of = await self._disk.run(partial(self._store.states, market))
        states = {}
        for rule_id, text in texts.items():
            try:
                states[rule_id] = decode_state(text)
            except msgspec.DecodeError as error:
                log.error("alerts.unreadable_state", rule=rule_id, error=str(error))
        evaluator = Evaluator(market)
        rules = [(rule_id, self._stored[rule_id].revision, rule) for rule_id, rule in self._rules.items()]
        endings = evaluator.restore(rules, states, as_of=as_of)
        changes = AlertChanges(market, as_of, ends=_ends(endings))
        if endings:
            await self._commit(changes)
        wanted = EventFilter(market=market, is_over=False)
        page = await self._disk.run(partial(self._store.history, wanted, limit=LASTING_SHOWN))
        self._lasting = {each.id: event_view(each) for each in page.items}
        self._last_change = await self._disk.run(self._store.last_change)
        self._evaluator = evaluator
        self._last = as_of

    async def run(self) -> None:
        """Evaluate what is observed until cancelled."""
        while True:
            observed = await self._queue.get()
            async with self._lock:
                await self._evaluate(observed)

    async def rest(self) -> None:
        """Note how far evaluation has come, so that a restart knows; for a clean end."""
        if self._evaluator is not None and self._evaluator.time:
            changes = self._changes(self._evaluator, ids=())
            try:
                await self._commit(changes)
            except StorageError as error:
                self._fail(error)

    # --- observing: called by the market between two awaits ---

    def bars_changed(self, changed: Iterable[tuple[str, str]]) -> None:
        """Take note of closed bars that are new or others now."""
        if self._observer is not None:
            self._changed.update(changed)

    def advance(self, until: int) -> None:
        """Observe all moments up to `until`, to which bars are closed."""
        observer, evaluator, running = self._observer, self._evaluator, self._running
        until -= until % STEP_NS
        if observer is None or evaluator is None or running is None or until <= self._last:
            return
        if not self._rules:  # a rule that comes later is not asked about the time before it
            self._last, self._is_recalled = until, True
            return
        self._note_hindrances(observer)
        if not self._can_go_on(observer, running, until):
            return
        due = evaluator.next_due
        moments = observer.moments(self._last, until) if self._last else []
        is_due = self._everything or self._changed or (due is not None and due <= until)
        if is_due and (not moments or moments[-1] != until):
            moments.append(until)
        began_s = self._clock.monotonic_s()
        for time in moments:
            is_last = time == moments[-1]
            self._observe(observer, time, is_last=is_last, is_now=time == until)
            if not is_last and running.market.live and self._has_enough(began_s):
                return  # the rest the next time; a recording is observed at its moments, however long it takes
        self._changed.clear()
        self._last = until

    def _can_go_on(self, observer: Observer, running: RunningMarket, until: int) -> bool:
        """Tell whether what happened since the last moment can be observed now; see to where that begins."""
        resumption = self._resumption
        if resumption is None or not self._last:
            return True
        wanted = observer.symbols & running.wanted
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
            self._observe(observer, self._last, is_last=False, is_now=True)
        return True

    def _observe(self, observer: Observer, time: int, *, is_last: bool, is_now: bool) -> None:
        changed = frozenset(self._changed) if is_last else frozenset[tuple[str, str]]()
        observed = observer.observe(time, everything=self._everything, changed=changed)
        self._everything = False
        self._last = time
        if observed or is_now:
            self._queue.put_nowait(observed)

    def _has_enough(self, began_s: float) -> bool:
        return self._clock.monotonic_s() - began_s > OBSERVE_S or self._queue.qsize() >= MOST_BEHIND

    def _hindered(self, symbol: str) -> str:
        """Return why nothing of the symbol can be used, as noted for the moments that are observed now."""
        return self._hindrances.get(symbol, "")

    def _note_hindrances(self, observer: Observer) -> None:
        """Have the bars of a symbol read again whose state has changed."""
        assert self._running is not None  # noqa: S101  the caller looked
        for symbol in observer.symbols:
            hindrance = _hindrance(self._running, symbol)
            if self._hindrances.get(symbol, "") != hindrance:
                self._hindrances[symbol] = hindrance
                self._changed.update((symbol, name) for name in observer.intervals)

    # --- evaluating ---

    async def _evaluate(self, observed: Observed) -> None:
        evaluator = self._evaluator
        if evaluator is None or observed.time < evaluator.time:
            return
        readings = observed.readings
        if observed.pairs or observed.live:
            completer, pairs = self._completer, self._pairs
            if observed.pairs:
                readings = await self._lane.run(lambda: completer.complete(observed, pairs))
            else:
                readings = completer.complete(observed, pairs)
        if evaluator is not self._evaluator:
            return
        if observed.time == evaluator.time:
            evaluator.recall(readings)
            return
        step = evaluator.step(observed.time, readings)
        is_noted = self._clock.monotonic_s() - self._noted_s < NOTE_EVERY_S
        if is_noted and not (step.events or step.endings or step.changed):
            return
        changes = self._changes(evaluator, events=step.events, endings=step.endings, ids=step.changed)
        while True:
            try:
                stored = await self._commit(changes)
                break
            except StorageError as error:
                self._fail(error)
                await asyncio.sleep(RETRY_S)
        self.trouble = None
        self._events += sum(event.ended_at is None for event in stored)
        self._publish(stored)
        if step.events:
            self._wake_courier()
        if len(evaluator.keys()) != self._watched:
            self._keys_changed(everything=False)

    async def _commit(self, changes: AlertChanges) -> tuple[StoredEvent, ...]:
        stored = await self._disk.run(partial(self._store.commit, changes, at_ms=self._now_ms()))
        self._noted_s = self._clock.monotonic_s()
        return stored

    def _fail(self, error: StorageError) -> None:
        self.trouble = error.message
        log.error("alerts.not_stored", error=error.message)

    def _changes(
        self,
        evaluator: Evaluator,
        *,
        events: Iterable[AlertEvent] = (),
        endings: Iterable[Ending] = (),
        ids: Iterable[str],
    ) -> AlertChanges:
        states = {name: encode_state(state) for name, state in evaluator.states(ids).items()}
        market = self._running.state.market if self._running is not None else ""
        return AlertChanges(market, evaluator.time, tuple(map(_new, events)), _ends(endings), states)

    def _keys_changed(self, *, everything: bool = True) -> None:
        if self._evaluator is None or self._observer is None:
            return
        keys = self._evaluator.keys()
        self._watched = len(keys)
        self._observer.watch(keys)
        self._pairs = dict(pairs_of(key for key in keys))
        if everything:
            self._everything = True
            self._completer.forget()

    _watched = 0

    # --- telling ---

    def _publish(self, stored: Iterable[StoredEvent]) -> None:
        for each in stored:
            view = event_view(each)
            self._last_change = max(self._last_change, each.change)
            if each.ended_at is not None:
                self._lasting.pop(each.id, None)
            elif self._running is not None and each.market == self._running.state.market:
                self._lasting[each.id] = view
            self._tell(AlertsView(self._market(), self._as_of(), each.change, (view,)))

    def snapshot(self) -> AlertsView:
        """Return the events that last, as of the newest change that was told."""
        items = tuple(sorted(self._lasting.values(), key=lambda event: event.change))
        return AlertsView(self._market(), self._as_of(), self._last_change, items)

    def _tell_all(self) -> None:
        """Tell anew what lasts: another market runs."""
        for event in self.snapshot().items:
            self._tell(AlertsView(self._market(), self._as_of(), event.change, (event,)))

    def status(self, *, delivered: int, failed: int, dead: int) -> AlertsStatusView:
        return AlertsStatusView(
            rules=len(self._rules),
            firing=len(self._lasting),
            metrics=self._watched,
            pairs=0 if self._observer is None else self._observer.pairs,
            waiting=self._queue.qsize(),
            events=self._events,
            delivered=delivered,
            failed=failed,
            dead=dead,
            trouble=self.trouble,
        )

    # --- rules ---

    def rules(self) -> tuple[AlertRuleView, ...]:
        return tuple(self._view(rule_id) for rule_id in self._stored)

    def rule(self, rule_id: str) -> AlertRuleView:
        if rule_id not in self._stored:
            raise NotFound(f"there is no alert rule {rule_id[:80]!r}", rule_id=rule_id[:80])
        return self._view(rule_id)

    def _view(self, rule_id: str) -> AlertRuleView:
        stored, rule = self._stored[rule_id], self._rules[rule_id]
        standing, reason, event_id, fired_at = "waiting", "the market is starting", None, None
        status = self._status(rule_id)
        if status is not None:
            standing, reason = status.standing, status.reason
            event_id, fired_at = status.event_id, status.fired_at
        return AlertRuleView(
            rule_id,
            stored.revision,
            rule_document(rule),
            stored.created_at,
            stored.updated_at,
            standing,
            reason,
            event_id,
            fired_at,
        )

    def _status(self, rule_id: str) -> RuleStatus | None:
        try:
            return None if self._evaluator is None else self._evaluator.status(rule_id)
        except KeyError:
            return None  # it is being removed

    async def add(self, document: object) -> AlertRuleView:
        """Add a rule; raises InvalidRule, or TooLarge where there are too many."""
        async with self._lock:
            if len(self._rules) >= MAX_RULES:
                raise TooLarge(f"there are {MAX_RULES} rules, and no more are taken", limit=MAX_RULES)
            now = self._now_ms()
            stored = StoredRule(secrets.token_hex(6), 1, "", now, now)
            return await self._save(stored, self.parse(document))

    async def change(self, rule_id: str, fields: Document) -> AlertRuleView:
        """Put fields in the place of a rule's own."""
        async with self._lock:
            before = self.rule(rule_id)
            rule = self.parse(before.document | fields)
            was = self._stored[rule_id]
            stored = StoredRule(rule_id, was.revision + 1, "", was.created_at, self._now_ms())
            return await self._save(stored, rule)

    async def remove(self, rule_id: str) -> None:
        async with self._lock:
            self.rule(rule_id)
            evaluator = self._started()
            endings = evaluator.remove(rule_id)
            changes = self._changes(evaluator, endings=endings, ids=())
            try:
                told = await self._disk.run(
                    partial(self._store.remove_rule, rule_id, changes, at_ms=self._now_ms())
                )
            except StorageError:
                await self._back()
                raise
            del self._stored[rule_id], self._rules[rule_id]
            self._keys_changed(everything=False)
            self._publish(told)

    def parse(self, document: object) -> Rule:
        """Return the rule; raises InvalidRule for what this market and its settings do not have."""
        self._started()
        return parse_rule(document, self._vocabulary())

    def _vocabulary(self) -> Vocabulary:
        running = self._running
        assert running is not None  # noqa: S101  `_started` looked
        specs = running.market.specs
        return replace(
            stored_vocabulary(self._settings, self._check_channel),
            is_symbol=lambda symbol: symbol in specs or symbol in running.state.symbols,
        )

    async def _save(self, stored: StoredRule, rule: Rule) -> AlertRuleView:
        evaluator = self._started()
        text = msgspec.json.encode(rule_document(rule)).decode()
        stored = StoredRule(stored.id, stored.revision, text, stored.created_at, stored.updated_at)
        endings = evaluator.put(stored.id, stored.revision, rule)
        changes = self._changes(evaluator, endings=endings, ids=(stored.id,))
        try:
            if len(pairs_of(evaluator.keys())) > MAX_PAIRS:
                raise InvalidRule("/when", f"all rules together may need {MAX_PAIRS} analyses of pairs")
            told = await self._disk.run(partial(self._store.save_rule, stored, changes, at_ms=self._now_ms()))
        except (StorageError, InvalidRule):
            await self._back()
            raise
        self._stored[stored.id], self._rules[stored.id] = stored, rule
        self._keys_changed()
        self._publish(told)
        return self._view(stored.id)

    async def _back(self) -> None:
        """Go back to what is stored: an edit could not be."""
        assert self._evaluator is not None  # noqa: S101  the caller has it
        market, time = self._market(), self._evaluator.time
        evaluator = Evaluator(market)
        texts, as_of = await self._disk.run(partial(self._store.states, market))
        rules = [(rule_id, self._stored[rule_id].revision, rule) for rule_id, rule in self._rules.items()]
        evaluator.restore(
            rules, {name: decode_state(text) for name, text in texts.items()}, as_of=max(as_of, time)
        )
        self._evaluator = evaluator
        self._keys_changed()

    def _started(self) -> Evaluator:
        if self._evaluator is None or self._running is None:
            raise Unavailable("the source is still starting: rules can be changed once its symbols are known")
        return self._evaluator

    # --- events ---

    async def events(self, query: AlertQuery, *, limit: int) -> AlertPage:
        if query.since is not None:
            found = await asyncio.to_thread(self._store.changed_since, query.since, limit=limit)
            items = tuple(map(event_view, found))
            return AlertPage(items, items[-1].change if len(items) == limit else None)
        wanted = EventFilter(
            query.market,
            query.rule_id,
            query.severities,
            query.start,
            query.end,
            query.is_acknowledged,
            query.is_over,
        )
        page = await asyncio.to_thread(self._store.history, wanted, before=query.before, limit=limit)
        return AlertPage(tuple(map(event_view, page.items)), page.next_before)

    async def acknowledge(self, event_id: str, *, acknowledged: bool) -> AlertEventView:
        async with self._lock:
            if event_id in self._stored:
                mine = EventFilter(rule_id=event_id)
                page = await asyncio.to_thread(self._store.history, mine, limit=1)
                event_id = page.items[0].id if page.items else event_id
            at_ms = self._now_ms() if acknowledged else None
            before = await asyncio.to_thread(self._store.event, event_id)
            stored = await self._disk.run(partial(self._store.acknowledge, event_id, at_ms=at_ms))
            if stored.change != before.change:
                self._publish([stored])
            return event_view(stored)

    # --- preview ---

    async def preview(
        self, document: object, *, rule_id: str | None, start: int | None, end: int | None
    ) -> AlertPreviewView:
        """Run a rule over what is stored of the running market, and what memory has of it."""
        rule, revision = self._previewed_rule(document, rule_id)
        running = self._running
        assert running is not None  # noqa: S101  `parse` looked
        state = running.state.market, running.as_of
        work = previewed(
            running,
            self._past if running.persistence is not None else None,
            rule,
            rule_id=rule_id,
            revision=revision,
            start=start,
            end=end,
        )
        result: Preview = await asyncio.to_thread(work)
        return AlertPreviewView(*state, result, HORIZONS if followed_by(rule) is not None else ())

    def _previewed_rule(self, document: object, rule_id: str | None) -> tuple[Rule, int]:
        if rule_id is not None and document is None:
            self._started()
            revision = self.rule(rule_id).revision
            return self._rules[rule_id], revision
        return self.parse(document), 0

    # --- small things ---

    def _market(self) -> str:
        return self._running.state.market if self._running is not None else ""

    def _as_of(self) -> int | None:
        return self._running.as_of if self._running is not None else None

    def _now_ms(self) -> int:
        return self._clock.wall_ns() // NS_PER_MS


def _hindrance(running: RunningMarket, symbol: str) -> str:
    """Return why nothing of the symbol can be used; a recording is used as it is."""
    if not running.market.live:
        return "" if symbol in running.market.specs else f"{symbol} is not in this market"
    name, reason = symbol_state(running, symbol)
    if name in USABLE:
        return ""
    return f"{symbol} is {name}" + (f": {reason}" if reason and name != "stale" else "")


def _new(event: AlertEvent) -> NewEvent:
    text = msgspec.json.encode(event_document(event)).decode()
    return NewEvent(event.id, event.rule_id, event.rule.severity, event.time, text, event.rule.channels)


def _ends(endings: Iterable[Ending]) -> tuple[EventEnd, ...]:
    return tuple(EventEnd(each.event_id, each.time, each.reason) for each in endings)
