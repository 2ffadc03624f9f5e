"""/metrics: what /stream/status says, and how the process does, for Prometheus."""

import contextlib
import platform
import shutil
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, get_args

from fastapi import APIRouter, Request, Response
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from quant import __version__
from quant.api.parameters import EngineOf
from quant.api.problems import responses
from quant.api.process_metrics import ProcessMetrics
from quant.clock import NS_PER_S
from quant.engine import protocol as engine
from quant.log import lost_lines

MS_PER_S = 1000
CONNECTION_STATES = ("connecting", "open", "waiting", "closed")
JOURNAL_STATES = ("off", "ok", "behind", "failing")
EXPOSITION: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The text format of Prometheus, or OpenMetrics for who accepts it",
        "content": {
            "text/plain": {"schema": {"type": "string"}},
            "application/openmetrics-text": {"schema": {"type": "string"}},
        },
    }
}
Values = Iterable[tuple[tuple[str, ...], float | None]]

router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=Response, responses=EXPOSITION | responses(503))
async def metrics(request: Request, engine: EngineOf) -> Response:
    """Ledger, feed, connections, journal, fan-out, requests and process as Prometheus reads them."""
    state = request.app.state
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    exposed = _Exposed(
        await engine.status(),
        hub=engine.hub(),
        readiness=engine.readiness(),
        process=state.process_metrics,
        data_dir=state.settings.data_dir,
    )
    return Response(encode(exposed), media_type=content_type)


class _Exposed(Collector):
    """The metrics of one answer: all that is said of the market is of one moment."""

    def __init__(
        self,
        view: engine.StatusView,
        *,
        hub: engine.HubView,
        readiness: engine.Readiness,
        process: ProcessMetrics,
        data_dir: Path,
    ) -> None:
        self._view = view
        self._hub = hub
        self._readiness = readiness
        self._process = process
        self._data_dir = data_dir

    def collect(self) -> Iterator[Metric]:
        return chain(
            _source(self._view),
            _ledger(self._view),
            _feed(self._view),
            _connections(self._view),
            _journal(self._view),
            _analytics(self._view),
            _alerts(self._view),
            _fan_out(self._hub),
            _machine(self._readiness, self._data_dir),
            self._process.registry.collect(),
        )


def _source(view: engine.StatusView) -> Iterator[Metric]:
    build = {"version": __version__, "python": platform.python_version()}
    yield InfoMetricFamily("quant_build", "What is running", value=build)
    source = {"source": view.source, "market": view.market}
    yield InfoMetricFamily("quant_source", "Where the trades come from", value=source)
    states = _states([((view.market,), view.source_state)], get_args(engine.SourceState))
    yield _gauge("quant_source_state", "1 for the state of the source", "market state", states)
    newest = None if view.as_of is None else view.as_of / NS_PER_S
    text = "Newest event time seen, as Unix time"
    yield _gauge("quant_market_time_seconds", text, "market", [((view.market,), newest)])


def _ledger(view: engine.StatusView) -> Iterator[Metric]:
    lines = _by_symbol(view)
    yield _gauge(
        "quant_ledger_last_id",
        "Highest trade id seen",
        "market symbol",
        ((key, line.last_id) for key, line in lines),
    )
    holes = (
        ((*key, state), count)
        for key, line in lines
        for state, count in (
            ("open", line.gaps_open),
            ("filled", line.gaps_filled),
            ("confirmed", line.gaps_confirmed),
        )
    )
    yield _gauge("quant_ledger_holes", "Holes in the trade ids", "market symbol state", holes)
    yield _counter(
        "quant_ledger_duplicates",
        "Trades dropped because their id was known",
        "market symbol",
        ((key, line.duplicates) for key, line in lines),
    )
    yield _counter(
        "quant_ledger_out_of_order",
        "Trades taken in after one with a higher id",
        "market symbol",
        ((key, line.out_of_order) for key, line in lines),
    )


def _feed(view: engine.StatusView) -> Iterator[Metric]:
    lines = _by_symbol(view)
    yield _counter(
        "quant_feed_trades", "Trades taken in", "market symbol", ((key, line.ticks) for key, line in lines)
    )
    yield _counter(
        "quant_feed_quarantined",
        "Messages refused because they break the protocol",
        "market symbol",
        ((key, line.quarantined) for key, line in lines),
    )
    yield _gauge(
        "quant_feed_trades_per_second",
        "Trades a second over the last minute of market time",
        "market symbol",
        ((key, line.rate) for key, line in lines),
    )
    yield _gauge(
        "quant_feed_latency_seconds",
        "Receive time minus exchange time, median",
        "market symbol",
        ((key, None if line.latency_ms is None else line.latency_ms / MS_PER_S) for key, line in lines),
    )
    states = _states([(key, line.state) for key, line in lines], get_args(engine.StreamState))
    yield _gauge("quant_feed_state", "1 for the state of the symbol's stream", "market symbol state", states)


def _connections(view: engine.StatusView) -> Iterator[Metric]:
    labels = "market connection"
    lines = [((view.market, line.id), line) for line in view.connections]
    states = _states([(key, line.state) for key, line in lines], CONNECTION_STATES)
    yield _gauge("quant_connection_state", "1 for the state of the connection", f"{labels} state", states)
    counts = ((key, line.streams) for key, line in lines)
    yield _gauge("quant_connection_streams", "Streams asked for", labels, counts)
    counts = ((key, line.messages) for key, line in lines)
    yield _counter("quant_connection_messages", "Messages received", labels, counts)
    counts = ((key, line.reconnects) for key, line in lines)
    yield _counter("quant_connection_reconnects", "Times it was opened again", labels, counts)


def _journal(view: engine.StatusView) -> Iterator[Metric]:
    key, journal = (view.market,), view.journal
    states = _states([(key, journal.state)], JOURNAL_STATES)
    yield _gauge("quant_journal_state", "1 for the state of the journal", "market state", states)
    lag_s = None if journal.state == "off" else journal.lag_ms / MS_PER_S
    text = "Age of the oldest trade that is not on the disk"
    yield _gauge("quant_journal_lag_seconds", text, "market", [(key, lag_s)])
    text = "Trades that wait to be stored"
    yield _gauge("quant_journal_pending_rows", text, "market", [(key, journal.pending_rows)])
    text = "Trades stored"
    yield _counter("quant_journal_committed_rows", text, "market", [(key, journal.committed_rows)])
    text = "Trades that could not be stored and are listed as holes"
    yield _counter("quant_journal_dropped_rows", text, "market", [(key, journal.dropped_rows)])


def _analytics(view: engine.StatusView) -> Iterator[Metric]:
    key, analytics = (view.market,), view.analytics
    text = "Pairs that somebody looks at"
    yield _gauge("quant_analytics_pairs", text, "market", [(key, analytics.pairs)])
    text = "Pairs whose refresh did not fit into the cadence"
    yield _gauge("quant_analytics_stale_pairs", text, "market", [(key, analytics.stale)])
    text = "Refreshes of pairs"
    yield _counter("quant_analytics_refreshed", text, "market", [(key, analytics.refreshed)])
    text = "Refreshes of pairs that were put off because there was no time for them"
    yield _counter("quant_analytics_shed", text, "market", [(key, analytics.shed)])


def _alerts(view: engine.StatusView) -> Iterator[Metric]:
    key, alerts = (view.market,), view.alerts
    for name, text, value in (
        ("rules", "Alert rules", alerts.rules),
        ("firing", "Alert rules that are firing", alerts.firing),
        ("metrics", "Numbers that alert rules watch", alerts.metrics),
        ("pairs", "Analyses of pairs that alert rules need", alerts.pairs),
        ("waiting", "Observed moments that have not been evaluated yet", alerts.waiting),
        ("failing", "1 while alerts cannot be stored", int(alerts.trouble is not None)),
    ):
        yield _gauge(f"quant_alerts_{name}", text, "market", [(key, value)])
    for name, text, value in (
        ("events", "Alert events since the start", alerts.events),
        ("delivered", "Messages of alerts that were taken", alerts.delivered),
        ("delivery_failures", "Attempts to deliver that failed", alerts.failed),
        ("dead_letters", "Messages that were given up", alerts.dead),
    ):
        yield _counter(f"quant_alerts_{name}", text, "market", [(key, value)])


def _fan_out(hub: engine.HubView) -> Iterator[Metric]:
    yield _gauge("quant_hub_listeners", "Listeners to the fan-out", "", [((), hub.listeners)])
    yield _gauge("quant_hub_topics", "Topics that somebody listens to", "", [((), hub.topics)])
    yield _counter("quant_hub_values", "Values put into topics", "", [((), hub.values)])
    text = "Values that a newer one overtook before a listener had read them"
    yield _counter("quant_hub_skipped", text, "", [((), hub.skipped)])
    text = "Listeners let go because they left too many alerts unread"
    yield _counter("quant_hub_let_go", text, "", [((), hub.let_go)])


def _machine(readiness: engine.Readiness, data_dir: Path) -> Iterator[Metric]:
    yield _gauge("quant_ready", "1 while /readyz says so", "", [((), float(readiness.status == "ok"))])
    with contextlib.suppress(OSError):  # no number where the system has none
        free = shutil.disk_usage(data_dir).free
        yield _gauge("quant_disk_free_bytes", "Free space where DATA_DIR is", "", [((), free)])
    yield _counter("quant_log_lost_lines", "Log lines that the disk did not take", "", [((), lost_lines())])


def _by_symbol(view: engine.StatusView) -> list[tuple[tuple[str, str], engine.SymbolStatusView]]:
    return [((view.market, line.symbol), line) for line in view.symbols]


def _states(now: Iterable[tuple[tuple[str, ...], str]], states: Iterable[str]) -> Values:
    """Return one value a state, 1 for the one that holds: no series ends when it changes."""
    states = tuple(states)
    return [((*key, state), float(state == held)) for key, held in now for state in states]


def _gauge(name: str, text: str, labels: str, values: Values) -> Metric:
    return _filled(GaugeMetricFamily(name, text, labels=labels.split()), values)


def _counter(name: str, text: str, labels: str, values: Values) -> Metric:
    return _filled(CounterMetricFamily(name, text, labels=labels.split()), values)


def _filled(family: GaugeMetricFamily | CounterMetricFamily, values: Values) -> Metric:
    for key, value in values:
        if value is not None:
            family.add_metric(key, value)
    return family
