"""Trunks: how long an INVITE may have no response before the next server or trunk is tried."""

import sqlalchemy as sa
from alembic import op

revision = "0021_trunk_failover"
down_revision = "0020_srtp_policies"


def upgrade() -> None:
    op.add_column("trunks", sa.Column("first_response_s", sa.Integer(), nullable=False, server_default="3"))
