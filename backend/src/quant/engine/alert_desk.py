"""Alert rules of the running market: observed when its bars close, evaluated in order, stored before they are told.

What is observed waits in a queue; the rest is done moment by moment.
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
from quant.clock import NS_PER_MS, Clock
from quant.engine.alert_preview import previewed
from quant.engine.alert_readings import Completer, Observed, pairs_of
from quant.engine.alert_views import event_view
from quant.engine.alert_vocabulary import STORED, stored_vocabulary
from quant.engine.alert_watch import AlertWatch
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
from quant.errors import InvalidRule, NotFound, QuantError, StorageError, TooLarge, Unavailable
from quant.settings import Settings
from quant.storage.alert_records import AlertChanges, EventEnd, EventFilter, NewEvent, StoredEvent, StoredRule
from quant.storage.alert_store import AlertStore
from quant.storage.store import Store

log = structlog.get_logger()

MAX_RULES = 10_000
MAX_PAIRS = 1000
"""Analyses that all rules together may need."""

NOTE_EVERY_S = 5.0
"""How often it is stored how far evaluation has come, where nothing else is to be stored."""

RETRY_S = 1.0
LASTING_SHOWN = 1000

Tell = Callable[[AlertsView], None]


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
        self._watched = 0  # metrics
        self.trouble: str | None = None
        self._leave()

    def _leave(self) -> None:
        """Forget the market before."""
        self._running: RunningMarket | None = None
        self._evaluator: Evaluator | None = None
        self._watch: AlertWatch | None = None
        self._completer = Completer()
        self._pairs: dict[PairKey, Any] = {}  # Any: the metrics of each, as `pairs_of` gives them
        while not self._queue.empty():
            self._queue.get_nowait()
            self._queue.task_done()
        self._noted_s = 0.0

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
            market, cut_short = running.state.market, tuple[StoredEvent, ...]()
            while True:
                try:
                    if not running.market.kept:  # it begins anew each time, in its own past
                        cut_short += await self._disk.run(partial(self._store.forget_states, market))
                    last = await self._restore(market)
                    break
                except StorageError as error:
                    self._fail(error)
                    await asyncio.sleep(RETRY_S)
            self.trouble = None
            self._running = running
            self._watch = AlertWatch(running, self._clock, self._queue, last=last)
            self._keys_changed()
            self._publish(cut_short)
        self._tell_all()

    async def _restore(self, market: str) -> int:
        """Go on from what is stored of the market; return up to when it was evaluated, 0 for a new one."""
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
        return as_of

    async def run(self) -> None:
        """Evaluate what is observed until cancelled."""
        while True:
            observed = await self._queue.get()
            try:
                async with self._lock:
                    await self._evaluate(observed)
            finally:
                self._queue.task_done()

    async def evaluated(self) -> None:
        """Return once all that has been observed is evaluated."""
        await self._queue.join()

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
        if self._watch is not None:
            self._watch.bars_changed(changed)

    def advance(self, until: int) -> None:
        """Observe all moments up to `until`, to which bars are closed."""
        if self._watch is not None and self._evaluator is not None:
            self._watch.advance(until, next_due=self._evaluator.next_due, has_rules=bool(self._rules))

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
        if self._evaluator is None or self._watch is None:
            return
        keys = self._evaluator.keys()
        self._watched = len(keys)
        self._watch.keys_changed(keys, everything=everything)
        self._pairs = dict(pairs_of(key for key in keys))
        if everything:
            self._completer.forget()

    # --- telling ---

    def _publish(self, stored: Iterable[StoredEvent]) -> None:
        for each in stored:
            view = event_view(each)
            self._last_change = max(self._last_change, each.change)
            if each.ended_at is not None:
                self._lasting.pop(each.id, None)
            elif self._running is not None and each.market == self._running.state.market:
                self._lasting[each.id] = view
            is_news = each.time > self._passed_by
            self._tell(AlertsView(self._market(), self._as_of(), each.change, (view,), is_news=is_news))

    @property
    def _passed_by(self) -> int:
        """Return up to when the market was passed by, on the way to the moment that a recording was put at."""
        playhead = self._running.market.playhead if self._running is not None else None
        return 0 if playhead is None else playhead.sought

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
            pairs=0 if self._watch is None else self._watch.pairs,
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


def _new(event: AlertEvent) -> NewEvent:
    text = msgspec.json.encode(event_document(event)).decode()
    return NewEvent(event.id, event.rule_id, event.rule.severity, event.time, text, event.rule.channels)


def _ends(endings: Iterable[Ending]) -> tuple[EventEnd, ...]:
    return tuple(EventEnd(each.event_id, each.time, each.reason) for each in endings)
