"""The questions that an engine answers."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from quant.alerts.rules import Document
from quant.engine.protocol.accounts import Accounts
from quant.engine.protocol.alert_views import (
    AlertEventView,
    AlertPage,
    AlertPreviewView,
    AlertQuery,
    AlertRuleView,
    AlertsView,
    DeliveryView,
)
from quant.engine.protocol.data_views import BarsView, GapsView, SecondsView, StatsView, TicksView
from quant.engine.protocol.jobs import BackfillOrder, ImportOptions, JobKind, JobView
from quant.engine.protocol.pair_views import (
    LabView,
    PairKey,
    PairView,
    ScanOrder,
    ScanView,
    SeriesKey,
    TruthView,
    UnitRootView,
)
from quant.engine.protocol.replays import ReplayOrder, ReplayView
from quant.engine.protocol.row_views import (
    BarRowsView,
    ImportedSpanView,
    PairRowsView,
    StoredView,
    TickRowsView,
)
from quant.engine.protocol.status_views import HubView, StatusView, SymbolsView
from quant.engine.protocol.subscriptions import Offer, Subscription
from quant.engine.protocol.system_views import ConfigView, Readiness, SystemView

Spend = Callable[[float], None]
"""Told how many seconds a computation is expected to take, before it begins and where it is nobody else's too; raises
where the caller may not have it."""


def freely(_: float) -> None:
    """Have whatever it takes."""


class Engine(Protocol):
    """A market engine. Every method may raise a QuantError with the sentence to show."""

    session: str
    """Changes with every start of the engine."""

    @property
    def accounts(self) -> Accounts:
        """The users; to be asked once the engine has started."""
        ...

    @property
    def market(self) -> str:
        """The name of the market that runs."""
        ...

    async def start(self) -> None:
        """Claim the data directory and bring the source up in the background."""
        ...

    async def stop(self) -> None: ...

    def readiness(self) -> Readiness: ...

    async def config(self) -> ConfigView: ...

    async def stream_start(self, symbols: Sequence[str] | None, *, source: str | None) -> StatusView: ...

    async def stream_stop(self, symbols: Sequence[str] | None) -> StatusView: ...

    async def status(self) -> StatusView: ...

    async def symbols(self) -> SymbolsView: ...

    async def bars(
        self, symbol: str, interval: str, *, limit: int, start: int | None, end: int | None
    ) -> BarsView: ...

    async def ticks(self, symbol: str, *, limit: int, start: int | None, end: int | None) -> TicksView: ...

    async def gaps(self, symbol: str, *, start: int | None, end: int | None) -> GapsView: ...

    async def quotes(self, symbol: str, *, limit: int, start: int | None, end: int | None) -> SecondsView: ...

    async def funding(
        self, symbol: str, *, limit: int, start: int | None, end: int | None
    ) -> SecondsView: ...

    async def bar_rows(
        self, symbol: str, interval: str, *, start: int | None, end: int | None
    ) -> BarRowsView: ...

    async def tick_rows(
        self, symbol: str, *, start: int | None, end: int | None, after_id: int | None
    ) -> TickRowsView: ...

    async def pair_rows(self, key: PairKey, *, start: int | None, end: int | None) -> PairRowsView:
        """Return a page of closed bars; raises InvalidParameter where all pages would take too long to compute."""
        ...

    async def stored(self, symbol: str) -> StoredView:
        """Return which spans of a symbol's trades and bars are held, on the disk or in memory."""
        ...

    async def imported(self) -> tuple[ImportedSpanView, ...]:
        """Return what every file that was ever imported gave, by market and symbol."""
        ...

    async def stats(self) -> StatsView: ...

    async def system(self) -> SystemView:
        """Return what the running market holds in memory and how late its trades come."""
        ...

    async def pair(
        self, key: PairKey, *, start: int | None, end: int | None, limit: int, spend: Spend = freely
    ) -> PairView: ...

    async def unit_root(self, key: SeriesKey, *, end: int | None, spend: Spend = freely) -> UnitRootView:
        """Test one symbol's own closes, the `window` bars that end at the last closed one (before `end`)."""
        ...

    async def examine(self, key: PairKey, *, points: int, end: int | None, spend: Spend = freely) -> LabView:
        """Put a pair to every method and test, with hedge ratios at `points` bars up to the last closed one
        (before `end`)."""
        ...

    async def scan(self, order: ScanOrder, *, spend: Spend = freely) -> ScanView:
        """Test all pairs of the symbols; with the number of its topic where that is what was asked for."""
        ...

    async def truth(self) -> TruthView: ...

    async def replay(self) -> ReplayView:
        """Return how the recording is being played; raises NotFound where what runs is none."""
        ...

    async def control_replay(self, order: ReplayOrder) -> ReplayView:
        """Pause, hurry or move the recording, and return where it stands then.

        Returns once the moment is shown, after half a minute at the latest. Raises NotFound, InvalidParameter for a
        position outside of the recording, Unavailable where it cannot be read up to there.
        """
        ...

    async def import_files(self, names: Sequence[str], options: ImportOptions) -> JobView:
        """Start to import files of this machine; only for whoever may read the data directory."""
        ...

    async def import_upload(self, name: str, chunks: AsyncIterator[bytes], options: ImportOptions) -> JobView:
        """Keep what is sent in a file and start to import it."""
        ...

    async def backfill(self, order: BackfillOrder) -> JobView:
        """Start to fetch missing trades."""
        ...

    async def job(self, kind: JobKind, job_id: str) -> JobView: ...

    async def jobs(self, kind: JobKind) -> tuple[JobView, ...]:
        """Return the jobs of this server, newest first."""
        ...

    async def alerts(self) -> tuple[AlertRuleView, ...]:
        """Return all rules, oldest first."""
        ...

    async def alert(self, rule_id: str) -> AlertRuleView: ...

    async def add_alert(self, document: object) -> AlertRuleView:
        """Add a rule; raises InvalidRule for the first node that is wrong."""
        ...

    async def change_alert(self, rule_id: str, fields: Document) -> AlertRuleView:
        """Put these fields in the place of the rule's."""
        ...

    async def remove_alert(self, rule_id: str) -> None: ...

    async def active_alerts(self) -> AlertsView:
        """Return the events that last in the running market, as of the newest change that was told."""
        ...

    async def alert_events(self, query: AlertQuery, *, limit: int) -> AlertPage: ...

    async def acknowledge_alert(self, event_id: str, *, acknowledged: bool) -> AlertEventView: ...

    async def preview_alert(
        self, document: object, *, rule_id: str | None, start: int | None, end: int | None
    ) -> AlertPreviewView:
        """Run a rule over what is stored; of a saved one (`rule_id`), with the events' own ids."""
        ...

    async def dead_letters(self, *, before: int | None, limit: int) -> tuple[DeliveryView, ...]: ...

    async def retry_delivery(self, delivery_id: int) -> None: ...

    async def channels(self) -> tuple[str, ...]:
        """Return the names of the channels that the settings give."""
        ...

    def seconds_to_follow(self, topic: str) -> float:
        """Return the expected seconds of computing that one more listener to a topic brings at first."""
        ...

    def subscribe(self, offer: Offer) -> Subscription:
        """Return a subscription without topics; while `offer` takes frames nobody need read them."""
        ...

    def hub(self) -> HubView:
        """Return how the fan-out to all subscriptions does."""
        ...
