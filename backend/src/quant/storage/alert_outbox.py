"""Deliveries of alert events: waiting, delivered, or dead letters. Times are ms of the machine."""

from typing import Any

import sqlalchemy as sa

from quant.errors import NotFound
from quant.storage.alert_records import StoredDelivery, StoredEvent
from quant.storage.alert_store import transaction
from quant.storage.alert_tables import alert_deliveries, alert_events

Deliveries = sa.Select[*tuple[Any, ...]]  # rows of two tables, of many types

_EVENT_COLUMNS = len(StoredEvent.__dataclass_fields__)


class AlertOutbox:
    """What is to be sent; `AlertStore.commit` fills it. Calls block, any thread may make them."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def waiting(self) -> tuple[str, ...]:
        """Return the channels that have deliveries waiting."""
        query = sa.select(alert_deliveries.c.channel).where(alert_deliveries.c.state == "waiting").distinct()
        with transaction(self._engine) as connection:
            return tuple(sorted(connection.scalars(query)))

    def due(self, channel: str, *, now_ms: int, limit: int) -> tuple[StoredDelivery, ...]:
        """Return deliveries whose time has come, oldest first."""
        query = _deliveries().where(*_waiting(channel), alert_deliveries.c.due_at <= now_ms)
        return self._read(query.order_by(alert_deliveries.c.id).limit(limit))

    def next_due_ms(self, channel: str) -> int | None:
        """Return when the next delivery is due, None when none waits."""
        query = sa.select(sa.func.min(alert_deliveries.c.due_at)).where(*_waiting(channel))
        with transaction(self._engine) as connection:
            found: int | None = connection.scalar(query)
            return found

    def delivered(self, delivery_id: int, *, at_ms: int) -> None:
        """Mark a delivery as done."""
        self._set(delivery_id, state="delivered", error="", updated_at=at_ms)

    def failed(self, delivery_id: int, *, at_ms: int, error: str, retry_at_ms: int | None) -> None:
        """Note a failure and when to try again; None makes it a dead letter."""
        attempts = alert_deliveries.c.attempts + 1
        if retry_at_ms is None:
            self._set(delivery_id, state="dead", error=error, attempts=attempts, updated_at=at_ms)
        else:
            self._set(delivery_id, error=error, attempts=attempts, due_at=retry_at_ms, updated_at=at_ms)

    def dead_letters(self, *, before: int | None = None, limit: int) -> tuple[StoredDelivery, ...]:
        """Return what was given up, newest first, of those whose id is below `before`."""
        query = _deliveries().where(alert_deliveries.c.state == "dead")
        if before is not None:
            query = query.where(alert_deliveries.c.id < before)
        return self._read(query.order_by(alert_deliveries.c.id.desc()).limit(limit))

    def of_event(self, event_id: str) -> tuple[StoredDelivery, ...]:
        """Return how an event's deliveries stand."""
        query = _deliveries().where(alert_deliveries.c.event_id == event_id)
        return self._read(query.order_by(alert_deliveries.c.id))

    def retry(self, delivery_id: int, *, at_ms: int) -> None:
        """Send a dead letter again, all attempts before it; raise NotFound."""
        self._set(delivery_id, was="dead", state="waiting", attempts=0, due_at=at_ms, updated_at=at_ms)

    def _set(self, delivery_id: int, *, was: str = "waiting", **values: object) -> None:
        mine = sa.and_(alert_deliveries.c.id == delivery_id, alert_deliveries.c.state == was)
        with transaction(self._engine) as connection:
            done = connection.execute(sa.update(alert_deliveries).where(mine).values(**values))
        if not done.rowcount:
            raise NotFound(f"no delivery {delivery_id} is {was}", delivery_id=delivery_id)

    def _read(self, query: Deliveries) -> tuple[StoredDelivery, ...]:
        with transaction(self._engine) as connection:
            rows: list[tuple[Any, ...]] = [tuple(row) for row in connection.execute(query)]
        return tuple(
            StoredDelivery(*[*row[_EVENT_COLUMNS:], StoredEvent(*row[:_EVENT_COLUMNS])]) for row in rows
        )


def _deliveries() -> Deliveries:
    columns = alert_deliveries.c
    return sa.select(
        *alert_events.c,
        columns.id,
        columns.channel,
        columns.state,
        columns.attempts,
        columns.due_at,
        columns.error,
        columns.updated_at,
    ).join_from(alert_deliveries, alert_events, alert_events.c.id == columns.event_id)


def _waiting(channel: str) -> tuple[sa.ColumnElement[bool], ...]:
    return alert_deliveries.c.state == "waiting", alert_deliveries.c.channel == channel
