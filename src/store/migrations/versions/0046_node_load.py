"""Nodes report how busy their mixing threads are."""

import sqlalchemy as sa
from alembic import op

revision = "0046_node_load"
down_revision = "0042_registrations"


def upgrade() -> None:
    # A node of the version before writes rows without it.
    op.add_column("nodes", sa.Column("load", sa.Float(), nullable=False, server_default=sa.text("0")))
