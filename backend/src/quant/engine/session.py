"""The in-process engine: runs one market, answers questions about it, publishes what changes."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import replace
from functools import partial

import structlog

from quant.alerts.rules import Document
from quant.analytics import HEDGE_METHODS
from quant.analytics.results import Status
from quant.clock import Clock, SystemClock
from quant.domain import EventInterval, HedgeMethod
from quant.engine import snapshots
from quant.engine.accounts import Accounts
from quant.engine.alerting import Alerting
from quant.engine.analysis import rows_needed
from quant.engine.checks import check_interval, check_key, check_series, check_symbol, check_trading
from quant.engine.cost import check_pair, pair_seconds
from quant.engine.event_desk import stored_in
from quant.engine.event_past import EventPast
from quant.engine.export_desk import ExportDesk
from quant.engine.fill_job import check_order
from quant.engine.fill_sink import FillSink
from quant.engine.hub import Hub, Listener
from quant.engine.importer import Importer
from quant.engine.job_desk import JobDesk
from quant.engine.jobs import Job
from quant.engine.lab_desk import LabDesk
from quant.engine.markets import Market, make_market
from quant.engine.persistence import Persistence
from quant.engine.protocol import (
    AlertEventView,
    AlertPage,
    AlertPreviewView,
    AlertQuery,
    AlertRuleView,
    AlertsView,
    BackfillOrder,
    BarRowsView,
    BarsView,
    ConfigView,
    DeliveryView,
    Engine,
    Frame,
    GapsView,
    HubView,
    ImportedSpanView,
    ImportOptions,
    JobKind,
    JobView,
    LabView,
    Offer,
    PairKey,
    PairRowsView,
    PairView,
    Readiness,
    ReplayOrder,
    ReplayView,
    ScanOrder,
    ScanView,
    SecondsView,
    SeriesKey,
    Spend,
    StatsView,
    StatusView,
    StoredView,
    SymbolsView,
    SystemView,
    TickRowsView,
    TicksView,
    TruthView,
    UnitRootView,
    freely,
)
from quant.engine.publisher import Publisher
from quant.engine.reading import Reading, Span
from quant.engine.replaying import has_passed, moment_at, playhead_of, replay_view
from quant.engine.running import RunningMarket
from quant.engine.scan_desk import ScanDesk
from quant.engine.source import SourceSpec, parse_source
from quant.engine.symbol_state import TRADING
from quant.engine.system_view import SystemReader
from quant.engine.topics import ALERTS, parse_topic
from quant.engine.unit_root import unit_root_view
from quant.engine.warming import Warming
from quant.errors import InvalidParameter, NotEnoughData, Unavailable
from quant.feed.playhead import Playhead
from quant.feed.quarantine import Quarantine
from quant.market.event_bars import DEPTH
from quant.settings import MAX_SYMBOLS_BY_DEFAULT, Settings
from quant.storage.directory import DataDirectory
from quant.storage.history_ledger import HISTORY_LEDGER_NAME, HistoryLedger
from quant.storage.import_ledger import IMPORTS_NAME, ImportLedger
from quant.storage.metadata import Metadata

log = structlog.get_logger()

READY_WITHIN_S = 60.0
SEEK_WITHIN_S = 30.0
"""How long an answer waits for a recording to be where it was put; it says when that was not enough."""
CHOSEN_SOURCE = "source"
QUARANTINE_NAME = "quarantine.jsonl"


class Session:
    """Owns the data directory, the running market and its tasks. Everything here runs on one event loop."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        self.session = secrets.token_hex(4)
        self._settings = settings
        self._clock = clock or SystemClock()
        self._directory = DataDirectory(settings.data_dir)
        self._metadata = Metadata(settings.database_url)
        self.accounts = Accounts(self._metadata.engine, self._clock)
        self._persistence = Persistence(
            settings.data_dir,
            clock=self._clock,
            tick_days=settings.tick_retention_days,
            bar_days=settings.bar_retention_days,
        )
        self._history_ledger = HistoryLedger(settings.data_dir / HISTORY_LEDGER_NAME)
        self._reading = Reading(self._persistence.store, self._history_ledger)
        self._event_past = EventPast(self._persistence.store)
        self._importer = Importer(
            settings.data_dir,
            intervals=settings.intervals,
            store=self._persistence.store,
            history=self._persistence.history,
        )
        self._jobs = JobDesk(settings.data_dir, self._importer)
        self._quarantine = Quarantine(settings.data_dir / QUARANTINE_NAME, clock=self._clock)
        self._warming = Warming()
        self._system = SystemReader(self._clock)
        self._life: list[asyncio.Task[None]] = []  # what runs whichever market does
        self._hub = Hub()
        self._alerts = Alerting(
            self._metadata.engine,
            self._hub,
            settings=settings,
            clock=self._clock,
            past=self._persistence.store,
        )
        self._publisher = Publisher(
            self._hub,
            interval_s=settings.analytics_interval_ms / 1000,
            read_stored=stored_in(self._persistence.store),
            alerts=self._alerts.status,
        )
        self._scan_desk = ScanDesk(self._reading, self._publisher.lanes, self._publisher.matrix)
        self._export_desk = ExportDesk(
            self._persistence.store,
            ImportLedger(settings.data_dir / IMPORTS_NAME),
            self._publisher.lanes,
            event_bars=self._event_bars,
        )
        self._lab_desk = LabDesk(self._reading, self._publisher.lanes)
        self._started_with = parse_source(settings.source)
        self._source = self._started_with
        self._running: RunningMarket | None = None
        self._resumed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._switching = asyncio.Lock()

    # --- life ---

    async def start(self) -> None:
        self._directory.claim()
        try:
            await asyncio.to_thread(shutil.rmtree, self._settings.export_dir, ignore_errors=True)
            await asyncio.to_thread(self._metadata.open)
            await self._persistence.open()
            await self._alerts.open()
            if "source" not in self._settings.model_fields_set:
                self._source = await self._last_choice() or self._source
            self._life.append(
                asyncio.create_task(self._guard(self._warming.run(self._show_compiling)), name="warming")
            )
            await self._run(self._source)
            self._life.append(asyncio.create_task(self._guard(self._persistence.run()), name="compaction"))
            self._life.append(asyncio.create_task(self._guard(self._alerts.deliver()), name="courier"))
            self._life.append(asyncio.create_task(self._guard(self._open_jobs()), name="jobs"))
        except BaseException:
            await self._persistence.close()
            self._directory.release()
            raise

    async def stop(self) -> None:
        for task in self._life:
            task.cancel()
        await asyncio.gather(*self._life, return_exceptions=True)
        await self._jobs.close()
        await self._halt()
        await self._persistence.close()
        await asyncio.to_thread(self._quarantine.close)
        self._publisher.close()
        self._alerts.close()
        self._metadata.close()
        self._directory.release()

    def _show_compiling(self, reason: str) -> None:
        if self._running is not None and self._running.source_state == "starting":
            self._running.reason = reason

    async def _open_jobs(self) -> None:
        await self._warming.wait()
        await self._jobs.open()

    async def _run_market(self, running: RunningMarket) -> None:
        await self._warming.wait()
        await running.run()

    async def _last_choice(self) -> SourceSpec | None:
        chosen = await asyncio.to_thread(self._metadata.choice, CHOSEN_SOURCE)
        return parse_source(chosen) if chosen else None

    async def _run(self, source: SourceSpec, market: Market | None = None) -> None:
        """Start `source` with nothing of the market before; `market` is it where it has been opened already."""
        self._source = source
        running = RunningMarket(
            market or make_market(source, self._settings, self._clock, on_quarantine=self._quarantine.add),
            settings=self._settings,
            clock=self._clock,
            on_closed=self._bars_closed,
            persistence=self._persistence,
            on_too_late=self._jobs.trades_came_late,
            on_time=self._alerts.desk.advance,
            prepare=self._alerts.desk.begin,
            on_arrived=self._publisher.arrived,
        )
        if market is not None:
            running.want(market.specs)  # a recording plays all it has: it is no stopped one for a moment
        self._running = running
        self._resumed = asyncio.Event()
        self._hub.reset()
        self._publisher.follow(running, source=source.text)
        self._tasks = [
            asyncio.create_task(self._guard(self._run_market(running)), name="market"),
            asyncio.create_task(self._guard(self._publisher.run()), name="publisher"),
            asyncio.create_task(self._guard(self._resume(running, self._resumed)), name="resume"),
            asyncio.create_task(self._guard(self._alerts.desk.run()), name="alerts"),
        ]

    async def _halt(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self._alerts.leave()

    def _bars_closed(self, closed: set[tuple[str, str]]) -> None:
        self._publisher.bars_closed(closed)
        self._alerts.desk.bars_changed(closed)

    async def _guard(self, work: Coroutine[object, object, None]) -> None:
        """Await `work`; a bug of ours ends it, is logged and shows in the status, never in silence."""
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.exception("engine.task_failed")
            if self._running is not None:
                self._running.source_state = "failed"
                self._running.reason = f"internal error: {error!r}"

    async def _resume(self, running: RunningMarket, resumed: asyncio.Event) -> None:
        """Stream again what streamed in this market before the restart."""
        try:
            await running.ready.wait()
            if running.market.live:
                wanted = await asyncio.to_thread(self._metadata.wanted, running.market.name)
                running.want(running.wanted | (wanted & running.market.specs.keys()))
        finally:
            resumed.set()

    @property
    def market(self) -> str:
        return self._now_running().state.market

    def _now_running(self) -> RunningMarket:
        if self._running is None:
            raise Unavailable("the engine has not been started")
        return self._running

    def _check_same(self, running: RunningMarket) -> None:
        """Raise Unavailable where the source was changed while something was read of the market before."""
        if running is not self._running:
            raise Unavailable("the source was changed meanwhile: ask again")

    # --- stream ---

    async def stream_start(self, symbols: Sequence[str] | None, *, source: str | None) -> StatusView:
        if source is not None:
            await self._switch(self._allowed_source(source))
        only_switched = source is not None and symbols is None
        try:
            running = await self._ready()
        except Unavailable:
            if not only_switched:
                raise
            return await self.status()  # what was asked for is done; the status says what is in the way
        if not only_switched:
            await self._resumed.wait()  # or what streamed before the restart would be forgotten
            wanted = check_trading(running, symbols) if symbols else self._by_default(running)
            await self._want(running, running.wanted.union(wanted))
        return await self.status()

    async def stream_stop(self, symbols: Sequence[str] | None) -> StatusView:
        running = self._now_running()
        if running.ready.is_set():
            await self._resumed.wait()
        gone = (
            {check_symbol(running, symbol) for symbol in symbols} if symbols is not None else running.wanted
        )
        await self._want(running, running.wanted.difference(gone))
        return await self.status()

    async def _want(self, running: RunningMarket, symbols: set[str]) -> None:
        running.want(symbols)
        if running.market.live:
            await asyncio.to_thread(self._metadata.set_wanted, running.market.name, symbols)
        self._publisher.publish_status()

    def _by_default(self, running: RunningMarket) -> list[str]:
        if self._settings.available_symbols:
            return check_trading(running, self._settings.available_symbols)
        trading = [spec.symbol for spec in running.market.specs.values() if spec.status in TRADING]
        return trading[:MAX_SYMBOLS_BY_DEFAULT]

    def _allowed_source(self, text: str) -> SourceSpec:
        """Return the source; files are only read where the operator named them at start."""
        source = parse_source(text)
        if source.kind == "replay" and source.span is None and source.files != self._started_with.files:
            raise InvalidParameter(
                "source", "a recording is chosen at start: quant serve --source replay:FILE"
            )
        return source

    async def _switch(self, source: SourceSpec) -> None:
        async with self._switching:
            if source == self._source and self._now_running().source_state != "failed":
                return
            await self._halt()
            await self._run(source)
            if source.kind != "replay":
                await asyncio.to_thread(self._metadata.set_choice, CHOSEN_SOURCE, source.text)
            log.info("source.switched", source=source.text)

    async def _ready(self) -> RunningMarket:
        """Return the running market once its symbols are known; raise Unavailable when they cannot be had."""
        running = self._now_running()
        waiting = asyncio.create_task(running.ready.wait())
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                while not running.ready.is_set():
                    if running.source_state in ("unreachable", "failed"):
                        raise Unavailable(
                            running.reason or "the source is not ready", source=self._source.text
                        )
                    await asyncio.wait([waiting], timeout=0.05)
        except TimeoutError:
            raise Unavailable("the source is still starting", source=self._source.text) from None
        finally:
            waiting.cancel()
        return running

    # --- recordings ---

    async def replay(self) -> ReplayView:
        return replay_view(self._now_running() if self._source.kind != "replay" else await self._ready())

    async def control_replay(self, order: ReplayOrder) -> ReplayView:
        if self._source.kind == "replay":
            await self._ready()
        async with self._switching:
            running = self._now_running()
            playhead = playhead_of(running)
            moment = None if order.position is None else moment_at(playhead, order.position)
            is_past = moment is not None and has_passed(running, playhead, moment)
            playhead.control(speed=order.speed, paused=order.paused)
            if moment is not None and is_past:
                await self._halt()
                playhead.seek(moment)
                await self._run(self._source, running.market)
            elif moment is not None and not running.finished:
                playhead.seek(moment)
        if moment is not None:
            await self._arrival(playhead)
        return replay_view(self._now_running())

    async def _arrival(self, playhead: Playhead) -> None:
        """Return once the recording is where it was put, and its rules have seen what was passed by."""
        try:
            async with asyncio.timeout(SEEK_WITHIN_S):
                await playhead.settled()
                if playhead.paused:
                    await self._alerts.desk.evaluated()
        except TimeoutError:
            log.info("replay.still_seeking")

    # --- questions ---

    def readiness(self) -> Readiness:
        if self._running is None:
            return Readiness("starting", "the engine is starting")
        if self._warming.reason is not None:
            return Readiness("starting", self._warming.reason)
        match self._running.source_state:
            case "ready" if (trouble := self._running.storing_trouble) is not None:
                return Readiness("degraded", trouble)
            case "ready":
                return Readiness("ok", None)
            case "starting":
                return Readiness("starting", f"the source {self._source.text} is starting")
            case _:
                return Readiness("degraded", self._running.reason)

    async def config(self) -> ConfigView:
        simulated = self._source.text if self._source.kind == "sim" else "sim"
        offered = dict.fromkeys((self._started_with.text, "binance", simulated))
        if self._started_with.kind == "sim":
            offered.pop("sim", None)
        market = self._now_running().state.market
        return ConfigView(market, self._source.text, tuple(offered), tuple(HEDGE_METHODS))

    async def status(self) -> StatusView:
        return self._publisher.status()

    async def symbols(self) -> SymbolsView:
        running = self._now_running()
        specs = tuple(spec for _, spec in sorted(running.market.specs.items()))
        return SymbolsView(running.state.market, running.as_of, specs, frozenset(running.wanted))

    async def bars(
        self, symbol: str, interval: str, *, limit: int, start: int | None, end: int | None
    ) -> BarsView:
        running = self._now_running()
        await self._reading.know(running, [symbol])
        symbol = check_symbol(running, symbol)
        of_events = check_interval(running, interval)
        if of_events is not None:
            return await self._event_bars(running, symbol, of_events, Span(limit, start, end))
        stored, more = await self._reading.bars(running, symbol, interval, Span(limit, start, end))
        self._check_same(running)
        seq = self._publisher.publish_bars(symbol, interval)
        view = snapshots.bars_view(
            running, symbol, interval, limit=limit, start=start, end=end, seq=seq, stored=stored
        )
        if more and view.next_end is None and len(view.bars):
            return replace(view, next_end=int(view.bars.times[0]))
        return view

    async def _event_bars(
        self, running: RunningMarket, symbol: str, interval: EventInterval, span: Span
    ) -> BarsView:
        live = await self._publisher.event_bars(symbol, interval, limit=DEPTH, start=None, end=None)
        bars = await self._event_past.before(running.state, symbol, interval, live.bars, span)
        self._check_same(running)
        return snapshots.event_bars_view(
            running,
            symbol,
            interval.name,
            bars,
            limit=span.limit,
            start=span.start,
            end=span.end,
            seq=live.seq,
        )

    async def ticks(self, symbol: str, *, limit: int, start: int | None, end: int | None) -> TicksView:
        running = self._now_running()
        await self._reading.know(running, [symbol])
        symbol = check_symbol(running, symbol)
        stored, more = await self._reading.ticks(running, symbol, Span(limit, start, end))
        self._check_same(running)
        seq = self._publisher.publish_ticks(symbol)
        view = snapshots.ticks_view(
            running, symbol, limit=limit, start=start, end=end, seq=seq, stored=stored
        )
        if more and view.next_end is None and len(view.ids):
            return replace(view, next_end=int(view.times.min()))
        return view

    async def gaps(self, symbol: str, *, start: int | None, end: int | None) -> GapsView:
        running = self._now_running()
        await self._reading.know(running, [symbol])
        symbol = check_symbol(running, symbol)
        items = await self._reading.gaps(running, symbol, start=start, end=end)
        self._check_same(running)
        return GapsView(running.state.market, running.as_of, symbol, items)

    async def quotes(self, symbol: str, *, limit: int, start: int | None, end: int | None) -> SecondsView:
        running = self._now_running()
        name = check_symbol(running, symbol)
        seq = self._publisher.publish_seconds("quote", name)
        return snapshots.seconds_view(running, "quote", name, limit=limit, start=start, end=end, seq=seq)

    async def funding(self, symbol: str, *, limit: int, start: int | None, end: int | None) -> SecondsView:
        running = self._now_running()
        name = check_symbol(running, symbol)
        seq = self._publisher.publish_seconds("funding", name)
        return snapshots.seconds_view(running, "funding", name, limit=limit, start=start, end=end, seq=seq)

    async def stats(self) -> StatsView:
        return snapshots.stats_view(self._now_running())

    async def system(self) -> SystemView:
        running = self._now_running()
        view = await self._system.view(running)
        self._check_same(running)
        return view

    async def pair(
        self, key: PairKey, *, start: int | None, end: int | None, limit: int, spend: Spend = freely
    ) -> PairView:
        running = self._now_running()
        await self._reading.know(running, (key.pair.a, key.pair.b))
        check_key(running, key)
        end = _unless_ahead(end, running)
        legs = None
        if end is not None:
            check_pair(key.method, window=key.window, rows=limit)
            rows = rows_needed(key, rows=limit)
            legs = await self._reading.legs(running, key, rows=rows, end=end)
            self._check_same(running)
        view = await self._publisher.pairs.pair(key, start=start, end=end, rows=limit, legs=legs, spend=spend)
        what = f"{key.pair} on {key.interval} bars, window {key.window}"
        if view.analysis.status is Status.TOO_SHORT:
            raise NotEnoughData(what, have=view.analysis.have, need=view.analysis.need)
        if view.analysis.status is Status.ZERO_VARIANCE:
            raise NotEnoughData(f"different prices of each leg of {what}", have=1, need=2)
        return view

    async def unit_root(self, key: SeriesKey, *, end: int | None, spend: Spend = freely) -> UnitRootView:
        running = self._now_running()
        await self._reading.know(running, [key.symbol])
        key = replace(key, symbol=check_symbol(running, key.symbol))
        check_series(running, key)
        end = _unless_ahead(end, running)
        stretch = await self._reading.stretch(running, [key.symbol], key.interval, rows=key.window, end=end)
        self._check_same(running)
        closes = stretch.closes()  # no more than memory holds of one symbol: check_series
        if len(closes) < key.window:
            what = f"{key.symbol} on {key.interval} bars, window {key.window}"
            raise NotEnoughData(what, have=len(closes), need=key.window)
        work = partial(unit_root_view, key, closes, market=running.state.market, as_of=running.as_of)
        seconds = pair_seconds(HedgeMethod.OLS, window=key.window, rows=0)
        view = await self._publisher.lanes.answer(work, seconds=seconds, spend=spend)
        self._check_same(running)
        if view.adf.status is Status.ZERO_VARIANCE:
            what = f"different prices of {key.symbol} on {key.interval} bars, window {key.window}"
            raise NotEnoughData(what, have=1, need=2)
        return view

    async def examine(self, key: PairKey, *, points: int, end: int | None, spend: Spend = freely) -> LabView:
        running = self._now_running()
        end = _unless_ahead(end, running)
        view = await self._lab_desk.examine(running, key, points=points, end=end, spend=spend)
        self._check_same(running)
        return view

    async def scan(self, order: ScanOrder, *, spend: Spend = freely) -> ScanView:
        running = self._now_running()
        order = replace(order, end=_unless_ahead(order.end, running))
        view = await self._scan_desk.scan(running, order, spend=spend)
        self._check_same(running)
        return view

    # --- exports ---

    async def bar_rows(
        self, symbol: str, interval: str, *, start: int | None, end: int | None
    ) -> BarRowsView:
        running = self._now_running()
        await self._reading.know(running, [symbol])
        symbol = check_symbol(running, symbol)
        view = await self._export_desk.bars(running, symbol, interval, start=start, end=end)
        self._check_same(running)
        return view

    async def tick_rows(
        self, symbol: str, *, start: int | None, end: int | None, after_id: int | None
    ) -> TickRowsView:
        running = self._now_running()
        await self._reading.know(running, [symbol])
        symbol = check_symbol(running, symbol)
        view = await self._export_desk.ticks(running, symbol, start=start, end=end, after_id=after_id)
        self._check_same(running)
        return view

    async def pair_rows(self, key: PairKey, *, start: int | None, end: int | None) -> PairRowsView:
        running = self._now_running()
        await self._reading.know(running, (key.pair.a, key.pair.b))
        check_key(running, key)
        view = await self._export_desk.pair(running, key, start=start, end=end)
        self._check_same(running)
        return view

    async def stored(self, symbol: str) -> StoredView:
        running = self._now_running()
        await self._reading.know(running, [symbol])
        view = await self._export_desk.stored(running, check_symbol(running, symbol))
        self._check_same(running)
        return view

    async def imported(self) -> tuple[ImportedSpanView, ...]:
        return await self._export_desk.imported()

    async def truth(self) -> TruthView:
        running = await self._ready() if self._source.kind == "sim" else self._now_running()
        return await running.market.truth()

    # --- jobs ---

    async def import_files(self, names: Sequence[str], options: ImportOptions) -> JobView:
        return self._jobs.import_files(names, options)

    async def import_upload(self, name: str, chunks: AsyncIterator[bytes], options: ImportOptions) -> JobView:
        return await self._jobs.import_upload(name, chunks, options)

    async def backfill(self, order: BackfillOrder) -> JobView:
        running = await self._ready()
        symbols = tuple(check_symbol(running, symbol) for symbol in order.symbols)
        order = check_order(replace(order, symbols=symbols))
        rest = running.market.rest
        if rest is None or not running.market.kept:
            raise InvalidParameter("source", f"{self._source.text} keeps no trades that could be filled")
        job = Job("backfill", ", ".join(symbols))
        sink = FillSink(running.state.market, self._persistence, self._importer, running=running)
        return self._jobs.add_backfill(job, lambda: sink.fill(job, order, rest, now_ns=self._clock.wall_ns()))

    async def job(self, kind: JobKind, job_id: str) -> JobView:
        return self._jobs.job(kind, job_id)

    async def jobs(self, kind: JobKind) -> tuple[JobView, ...]:
        return self._jobs.jobs(kind)

    # --- alerts ---

    async def alerts(self) -> tuple[AlertRuleView, ...]:
        return self._alerts.desk.rules()

    async def alert(self, rule_id: str) -> AlertRuleView:
        return self._alerts.desk.rule(rule_id)

    async def add_alert(self, document: object) -> AlertRuleView:
        await self._ready()
        return await self._alerts.desk.add(document)

    async def change_alert(self, rule_id: str, fields: Document) -> AlertRuleView:
        await self._ready()
        return await self._alerts.desk.change(rule_id, fields)

    async def remove_alert(self, rule_id: str) -> None:
        await self._ready()
        await self._alerts.desk.remove(rule_id)

    async def active_alerts(self) -> AlertsView:
        return self._alerts.desk.snapshot()

    async def alert_events(self, query: AlertQuery, *, limit: int) -> AlertPage:
        return await self._alerts.desk.events(query, limit=limit)

    async def acknowledge_alert(self, event_id: str, *, acknowledged: bool) -> AlertEventView:
        return await self._alerts.desk.acknowledge(event_id, acknowledged=acknowledged)

    async def preview_alert(
        self, document: object, *, rule_id: str | None, start: int | None, end: int | None
    ) -> AlertPreviewView:
        running = await self._ready()
        view = await self._alerts.desk.preview(document, rule_id=rule_id, start=start, end=end)
        self._check_same(running)
        return view

    async def dead_letters(self, *, before: int | None, limit: int) -> tuple[DeliveryView, ...]:
        return await self._alerts.dead_letters(before=before, limit=limit)

    async def retry_delivery(self, delivery_id: int) -> None:
        await self._alerts.retry(delivery_id)

    async def channels(self) -> tuple[str, ...]:
        return self._alerts.channels()

    def seconds_to_follow(self, topic: str) -> float:
        key = parse_topic(topic)
        return self._publisher.pairs.seconds_to_follow(key) if isinstance(key, PairKey) else 0.0

    def subscribe(self, offer: Offer) -> Listener:
        return self._hub.listener(self._first_frame, offer)

    def hub(self) -> HubView:
        return self._hub.view()

    def _first_frame(self, topic: str) -> Frame | None:
        """Return the first frame of a topic whose frames are told one by one; have others published."""
        if topic == ALERTS:
            return self._alerts.first_frame()
        self._publisher.check_topic(topic)
        return None

    async def wait_ready(self) -> None:
        """Return once the source's symbols are known."""
        await self._ready()


def _unless_ahead(end: int | None, running: RunningMarket) -> int | None:
    """Return until when bars are asked for, None where that lies ahead: such a window moves with every bar, too."""
    return None if end is not None and running.as_of is not None and end > running.as_of else end


def build_engine(settings: Settings) -> Engine:
    """Return the engine for `BUS_URL=memory:`; it does nothing until started."""
    return Session(settings)
