"""Which symbols should stream, and what was chosen last."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "wanted_streams",
        sa.Column("market", sa.String, primary_key=True),
        sa.Column("symbol", sa.String, primary_key=True),
    )
    op.create_table(
        "choices",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("choices")
    op.drop_table("wanted_streams")
