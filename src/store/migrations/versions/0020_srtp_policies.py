"""Customers, extensions and trunks: whether the audio of their calls is encrypted."""

import sqlalchemy as sa
from alembic import op

revision = "0020_srtp_policies"
down_revision = "0019_guest_links"


def upgrade() -> None:
    for table in ("customers", "extensions", "trunks"):
        op.add_column(table, sa.Column("srtp", sa.String(16), nullable=False, server_default=""))
