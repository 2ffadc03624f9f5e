"""Alerts of a server: the desk that evaluates, the courier that delivers, and the topic that tells."""

import asyncio
from functools import partial

import sqlalchemy as sa
import structlog

from quant.cancellation import isolated
from quant.clock import NS_PER_MS, Clock
from quant.delivery.channels import Channels
from quant.delivery.courier import Courier
from quant.engine.alert_delivery import MessageOutbox, make_channels, make_courier
from quant.engine.alert_desk import AlertDesk
from quant.engine.alert_views import delivery_view
from quant.engine.hub import Hub
from quant.engine.protocol import AlertsStatusView, AlertsView, DeliveryView, Frame
from quant.engine.topics import ALERTS
from quant.errors import StorageError, Unavailable
from quant.settings import Settings
from quant.storage.alert_outbox import AlertOutbox
from quant.storage.alert_store import AlertStore
from quant.storage.store import Store

log = structlog.get_logger()

DELIVER_AGAIN_S = 5.0


class Alerting:
    """Puts desk, courier and hub together. Runs on one event loop."""

    def __init__(
        self, database: sa.Engine, hub: Hub, *, settings: Settings, clock: Clock, past: Store
    ) -> None:
        self._hub = hub
        self._settings = settings
        self._clock = clock
        self._outbox = AlertOutbox(database)
        self._messages = MessageOutbox(self._outbox)
        self._channels: Channels | None = None
        self._courier: Courier | None = None
        self.desk = AlertDesk(
            AlertStore(database),
            settings=settings,
            clock=clock,
            check_channel=self._check_channel,
            tell=self._tell,
            wake_courier=self._wake,
            past=past,
        )

    async def open(self) -> None:
        """Read rules and channels; the database is open."""
        self._channels = await asyncio.to_thread(make_channels, self._settings, self._clock)
        self._courier = self._new_courier(self._channels)
        await self.desk.open()

    async def leave(self) -> None:
        """Stop to evaluate; where it stood is stored."""
        await self.desk.rest()
        self.desk.leave()

    def close(self) -> None:
        self.desk.close()

    async def deliver(self) -> None:
        """Deliver until cancelled; what the disk refuses is tried again."""
        courier = self._courier
        assert courier is not None  # noqa: S101  `open` made it
        while True:
            try:
                await isolated(courier.run())
            except* StorageError as group:
                log.error("alerts.outbox_unreadable", error=str(group.exceptions[0]))
                self._courier = courier = self._new_courier(self._known_channels())
            await asyncio.sleep(DELIVER_AGAIN_S)

    def _new_courier(self, channels: Channels) -> Courier:
        return make_courier(self._messages, channels, self._settings, self._clock)

    def _check_channel(self, word: str) -> None:
        self._known_channels().check(word)

    def _known_channels(self) -> Channels:
        if self._channels is None:
            raise Unavailable("the engine has not been started")
        return self._channels

    def _wake(self) -> None:
        if self._courier is not None:
            self._courier.wake()

    def _tell(self, view: AlertsView) -> None:
        self._hub.tell(Frame(ALERTS, "update", view.as_of or 0, view))

    def first_frame(self) -> Frame:
        """Return what a new listener gets first: the events that last."""
        view = self.desk.snapshot()
        return Frame(ALERTS, "snapshot", view.as_of or 0, view)

    def status(self) -> AlertsStatusView:
        counts = self._messages
        return self.desk.status(delivered=counts.sent, failed=counts.failures, dead=counts.dead)

    def channels(self) -> tuple[str, ...]:
        return self._known_channels().names

    async def dead_letters(self, *, before: int | None, limit: int) -> tuple[DeliveryView, ...]:
        read = partial(self._outbox.dead_letters, before=before, limit=limit)
        return tuple(map(delivery_view, await asyncio.to_thread(read)))

    async def retry(self, delivery_id: int) -> None:
        """Send a dead letter again; raises NotFound."""
        at_ms = self._clock.wall_ns() // NS_PER_MS
        await asyncio.to_thread(self._outbox.retry, delivery_id, at_ms=at_ms)
        self._wake()
