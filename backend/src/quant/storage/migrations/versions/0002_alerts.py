"""Alert rules, where they stand, their events and deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "alert_rules",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "alert_states",
        sa.Column("market", sa.String, primary_key=True),
        sa.Column("rule_id", sa.String, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "alert_clocks",
        sa.Column("market", sa.String, primary_key=True),
        sa.Column("as_of", sa.BigInteger, nullable=False),
    )
    changes = op.create_table(
        "alert_changes",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(changes, [{"name": "events", "count": 0}])
    op.create_table(
        "alert_events",
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
        sa.Column("change", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_events_change", "alert_events", ["change"])
    op.create_index("ix_alert_events_rule", "alert_events", ["rule_id", "seq"])
    op.create_index("ix_alert_events_time", "alert_events", ["time"])
    op.create_index("ix_alert_events_lasting", "alert_events", ["market", "ended_at"])
    op.create_table(
        "alert_deliveries",
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
    op.create_index("ix_alert_deliveries_due", "alert_deliveries", ["state", "channel", "due_at"])


def downgrade() -> None:
    for name in (
        "alert_deliveries",
        "alert_events",
        "alert_changes",
        "alert_clocks",
        "alert_states",
        "alert_rules",
    ):
        op.drop_table(name)
