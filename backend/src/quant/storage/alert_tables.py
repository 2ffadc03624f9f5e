"""The tables of alerts: rules, where they stand in each market, events, and deliveries under way.

Times of markets are ns, times of the machine ms. Documents are JSON text that nothing here looks into.
"""

import sqlalchemy as sa

from quant.storage.metadata import schema

alert_rules = sa.Table(
    "alert_rules",
    schema,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
)
alert_states = sa.Table(
    "alert_states",
    schema,
    sa.Column("market", sa.String, primary_key=True),
    sa.Column("rule_id", sa.String, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)
alert_clocks = sa.Table(
    "alert_clocks",
    schema,
    sa.Column("market", sa.String, primary_key=True),
    sa.Column("as_of", sa.BigInteger, nullable=False),
)
alert_changes = sa.Table(  # one row: how many changes of events there have been
    "alert_changes",
    schema,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)
alert_events = sa.Table(
    "alert_events",
    schema,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String, nullable=False, unique=True),
    sa.Column("market", sa.String, nullable=False),
    sa.Column("rule_id", sa.String, nullable=False),
    sa.Column("severity", sa.String, nullable=False),
    sa.Column("time", sa.BigInteger, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("ended_because", sa.String),
    sa.Column("acknowledged_at", sa.BigInteger),
    sa.Column("change", sa.BigInteger, nullable=False, index=True),
    sqlite_autoincrement=True,
)
alert_deliveries = sa.Table(
    "alert_deliveries",
    schema,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("event_id", sa.String, nullable=False),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", sa.BigInteger, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("event_id", "channel", name="uq_alert_deliveries"),
    sqlite_autoincrement=True,
)
sa.Index("ix_alert_events_rule", alert_events.c.rule_id, alert_events.c.seq)
sa.Index("ix_alert_events_time", alert_events.c.time)
sa.Index("ix_alert_events_lasting", alert_events.c.market, alert_events.c.ended_at)
sa.Index(
    "ix_alert_deliveries_due", alert_deliveries.c.state, alert_deliveries.c.channel, alert_deliveries.c.due_at
)
