"""Calls keep the own headers of their INVITE, and where they were diverted from."""

import sqlalchemy as sa
from alembic import op

revision = "0015_call_headers"
down_revision = "0014_trunk_registrations"


def upgrade() -> None:
    op.add_column("calls", sa.Column("headers", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("calls", sa.Column("diversions", sa.JSON(), nullable=False, server_default="[]"))
