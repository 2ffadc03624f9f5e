"""Alert rules, where they stand, and what happened, in SQL.

What a step of the evaluator changed is one transaction, on the disk before anybody is told: a process that is killed
finds its rules as of an event that is stored, or as of before it, and never in between.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from quant.errors import NotFound, StorageError
from quant.storage.alert_records import (
    AlertChanges,
    EventFilter,
    EventPage,
    NewEvent,
    StoredEvent,
    StoredRule,
)
from quant.storage.alert_tables import (
    alert_changes,
    alert_clocks,
    alert_deliveries,
    alert_events,
    alert_rules,
    alert_states,
)

_IDS_AT_ONCE = 500


@contextmanager
def transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Yield a connection whose writes are kept together; raise StorageError where the database refuses."""
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise StorageError(f"the alerts cannot be stored or read: {error.orig or error}") from error


class AlertStore:
    """Reads and writes alerts in an open metadata database. Calls block: keep them off a busy loop."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    # --- rules ---

    def rules(self) -> tuple[StoredRule, ...]:
        """Return all rules, oldest first."""
        query = sa.select(alert_rules).order_by(alert_rules.c.created_at, alert_rules.c.id)
        with transaction(self._engine) as connection:
            return tuple(StoredRule(*row) for row in connection.execute(query))

    def rule(self, rule_id: str) -> StoredRule:
        """Return a rule; raise NotFound."""
        query = sa.select(alert_rules).where(alert_rules.c.id == rule_id)
        with transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(f"there is no alert rule {rule_id[:80]!r}", rule_id=rule_id[:80])
        return StoredRule(*row)

    def save_rule(self, rule: StoredRule, changes: AlertChanges, *, at_ms: int) -> tuple[StoredEvent, ...]:
        """Add or replace a rule, with what the evaluator made of it; returns as `commit` does."""
        values = {
            "id": rule.id,
            "revision": rule.revision,
            "document": rule.document,
            "created_at": rule.created_at,
            "updated_at": rule.updated_at,
        }
        with transaction(self._engine) as connection:
            first = _next_change(connection)
            connection.execute(sa.delete(alert_rules).where(alert_rules.c.id == rule.id))
            connection.execute(sa.insert(alert_rules), values)
            return _commit(connection, changes, first, at_ms=at_ms)

    def remove_rule(self, rule_id: str, changes: AlertChanges, *, at_ms: int) -> tuple[StoredEvent, ...]:
        """Remove a rule and its states in all markets; its events stay. Returns as `commit` does; raises NotFound."""
        with transaction(self._engine) as connection:
            first = _next_change(connection)
            gone = connection.execute(sa.delete(alert_rules).where(alert_rules.c.id == rule_id))
            if not gone.rowcount:
                raise NotFound(f"there is no alert rule {rule_id[:80]!r}", rule_id=rule_id[:80])
            changed = _commit(connection, changes, first, at_ms=at_ms)
            connection.execute(sa.delete(alert_states).where(alert_states.c.rule_id == rule_id))
            elsewhere = sa.and_(alert_events.c.rule_id == rule_id, alert_events.c.ended_at.is_(None))
            for identity, time in connection.execute(
                sa.select(alert_events.c.id, alert_events.c.time).where(elsewhere)
            ).all():  # of markets that do not run: nobody knows a later time of theirs
                _update(
                    connection, identity, _next_change(connection), ended_at=time, ended_because="deleted"
                )
                changed += _read(connection, [identity])
            return changed

    # --- where rules stand ---

    def states(self, market: str) -> tuple[dict[str, str], int]:
        """Return the state documents of the market's rules by rule id, and as of when (0: never)."""
        states = sa.select(alert_states.c.rule_id, alert_states.c.document).where(
            alert_states.c.market == market
        )
        clock = sa.select(alert_clocks.c.as_of).where(alert_clocks.c.market == market)
        with transaction(self._engine) as connection:
            found = {row.rule_id: row.document for row in connection.execute(states)}
            return found, connection.scalar(clock) or 0

    def commit(self, changes: AlertChanges, *, at_ms: int) -> tuple[StoredEvent, ...]:
        """Store what a step changed; on the disk when this returns.

        Returns the events that are new or over now, in the order of their `change`. An event that is stored already
        (a recording that is played again) lasts again, and is neither stored nor delivered a second time.
        """
        with transaction(self._engine) as connection:
            return _commit(connection, changes, _next_change(connection), at_ms=at_ms)

    def forget_states(self, market: str) -> tuple[StoredEvent, ...]:
        """Have the market's rules begin anew, as a recording does that is played again; ends and returns what lasts."""
        lasting = sa.and_(alert_events.c.market == market, alert_events.c.ended_at.is_(None))
        with transaction(self._engine) as connection:
            _next_change(connection)
            connection.execute(sa.delete(alert_states).where(alert_states.c.market == market))
            connection.execute(sa.delete(alert_clocks).where(alert_clocks.c.market == market))
            found = connection.execute(sa.select(alert_events.c.id, alert_events.c.time).where(lasting)).all()
            for identity, time in found:
                _update(
                    connection, identity, _next_change(connection), ended_at=time, ended_because="restarted"
                )
            return _read(connection, [identity for identity, _ in found])

    # --- events ---

    def event(self, event_id: str) -> StoredEvent:
        """Return an event; raise NotFound."""
        with transaction(self._engine) as connection:
            return _one(connection, event_id)

    def last_change(self) -> int:
        """Return the number of the last change of an event."""
        with transaction(self._engine) as connection:
            return connection.scalar(sa.select(alert_changes.c.count)) or 0

    def changed_since(self, change: int, *, limit: int) -> tuple[StoredEvent, ...]:
        """Return the events that changed after change number `change`, in the order of their last one."""
        query = sa.select(alert_events).where(alert_events.c.change > change)
        with transaction(self._engine) as connection:
            rows = connection.execute(query.order_by(alert_events.c.change).limit(limit))
            return tuple(StoredEvent(*row) for row in rows)

    def history(self, wanted: EventFilter, *, before: int | None = None, limit: int) -> EventPage:
        """Return the newest events that are wanted, of those whose `seq` is below `before`."""
        query = sa.select(alert_events).where(*_conditions(wanted))
        if before is not None:
            query = query.where(alert_events.c.seq < before)
        with transaction(self._engine) as connection:
            rows = connection.execute(query.order_by(alert_events.c.seq.desc()).limit(limit + 1))
            items = tuple(StoredEvent(*row) for row in rows)
        if len(items) <= limit:
            return EventPage(items, None)
        return EventPage(items[:limit], items[limit - 1].seq)

    def acknowledge(self, event_id: str, *, at_ms: int | None) -> StoredEvent:
        """Note that somebody saw the event, or with None that nobody did; raise NotFound. Twice is as good as once."""
        with transaction(self._engine) as connection:
            first = _next_change(connection)
            event = _one(connection, event_id)
            if (event.acknowledged_at is None) != (at_ms is None):
                _update(connection, event_id, first, acknowledged_at=at_ms)
            return _one(connection, event_id)


# --- within a transaction ---


def _next_change(connection: sa.Connection) -> int:
    """Return a number above all before. Comes first: on SQLite it takes the lock under which the rest is read."""
    connection.execute(sa.update(alert_changes).values(count=alert_changes.c.count + 1))
    number: int = connection.scalars(sa.select(alert_changes.c.count)).one()
    return number


def _commit(
    connection: sa.Connection, changes: AlertChanges, change: int, *, at_ms: int
) -> tuple[StoredEvent, ...]:
    fresh = _fresh(connection, changes.events)
    told: list[str] = []
    for event in changes.events:
        if event not in fresh:
            _last_again(connection, event.id, change)
            told.append(event.id)
            change = _next_change(connection)
    for event in fresh:
        values = {"id": event.id, "rule_id": event.rule_id, "severity": event.severity, "time": event.time}
        values |= {"market": changes.market, "document": event.document, "change": change}
        connection.execute(sa.insert(alert_events), values)
        told.append(event.id)
        change = _next_change(connection)
    deliveries = [
        {"event_id": event.id, "channel": channel, "due_at": at_ms, "updated_at": at_ms}
        | {"state": "waiting", "attempts": 0, "error": ""}
        for event in fresh
        for channel in event.channels
    ]
    if deliveries:
        connection.execute(sa.insert(alert_deliveries), deliveries)
    for end in changes.ends:
        if _update(connection, end.event_id, change, ended_at=end.time, ended_because=end.reason):
            told.append(end.event_id)
            change = _next_change(connection)
    _save_states(connection, changes.market, changes.states, as_of=changes.as_of)
    return _read(connection, told)


def _fresh(connection: sa.Connection, events: tuple[NewEvent, ...]) -> list[NewEvent]:
    known = {event.id for event in _read(connection, [event.id for event in events])}
    return [event for event in events if event.id not in known]


def _last_again(connection: sa.Connection, event_id: str, change: int) -> None:
    query = sa.update(alert_events).where(alert_events.c.id == event_id)
    connection.execute(query.values(change=change, ended_at=None, ended_because=None))


def _update(connection: sa.Connection, event_id: str, change: int, **values: object) -> bool:
    """Change an event, one that is over only as to its acknowledgement; return whether there was one."""
    query = sa.update(alert_events).where(alert_events.c.id == event_id)
    if "ended_at" in values:
        query = query.where(alert_events.c.ended_at.is_(None))
    return bool(connection.execute(query.values(change=change, **values)).rowcount)


def _save_states(connection: sa.Connection, market: str, states: Mapping[str, str], *, as_of: int) -> None:
    rows = [{"market": market, "rule_id": each, "document": text} for each, text in sorted(states.items())]
    if rows:
        mine = sa.and_(alert_states.c.market == market, alert_states.c.rule_id == sa.bindparam("id"))
        connection.execute(sa.delete(alert_states).where(mine), [{"id": row["rule_id"]} for row in rows])
        connection.execute(sa.insert(alert_states), rows)
    connection.execute(sa.delete(alert_clocks).where(alert_clocks.c.market == market))
    connection.execute(sa.insert(alert_clocks), {"market": market, "as_of": as_of})


def _read(connection: sa.Connection, event_ids: list[str]) -> tuple[StoredEvent, ...]:
    found: list[StoredEvent] = []
    for first in range(0, len(event_ids), _IDS_AT_ONCE):
        some = alert_events.c.id.in_(event_ids[first : first + _IDS_AT_ONCE])
        found += [StoredEvent(*row) for row in connection.execute(sa.select(alert_events).where(some))]
    return tuple(sorted(found, key=lambda event: event.change))


def _one(connection: sa.Connection, event_id: str) -> StoredEvent:
    found = _read(connection, [event_id])
    if not found:
        raise NotFound(f"there is no alert event {event_id[:80]!r}", event_id=event_id[:80])
    return found[0]


def _conditions(wanted: EventFilter) -> list[sa.ColumnElement[bool]]:
    columns, found = alert_events.c, list[sa.ColumnElement[bool]]()
    if wanted.market is not None:
        found.append(columns.market == wanted.market)
    if wanted.rule_id is not None:
        found.append(columns.rule_id == wanted.rule_id)
    if wanted.severities:
        found.append(columns.severity.in_(wanted.severities))
    if wanted.start is not None:
        found.append(columns.time >= wanted.start)
    if wanted.end is not None:
        found.append(columns.time < wanted.end)
    for column, flag in (
        (columns.acknowledged_at, wanted.is_acknowledged),
        (columns.ended_at, wanted.is_over),
    ):
        if flag is not None:
            found.append(column.is_not(None) if flag else column.is_(None))
    return found
