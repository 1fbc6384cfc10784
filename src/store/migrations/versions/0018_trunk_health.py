"""Trunks: how often their servers are probed by OPTIONS, and what has come of it."""

import sqlalchemy as sa
from alembic import op

revision = "0018_trunk_health"
down_revision = "0017_participant_hold"


def upgrade() -> None:
    op.add_column("trunks", sa.Column("options_interval_s", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("trunks", sa.Column("health", sa.String(16), nullable=False, server_default=""))
    op.add_column("trunks", sa.Column("servers", sa.JSON(), nullable=False, server_default="[]"))
