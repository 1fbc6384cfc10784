"""Trunks: how long a call may have no audio before its far end is asked whether it is there."""

import sqlalchemy as sa
from alembic import op

revision = "0023_trunk_media_timeout"
down_revision = "0022_trunk_certificates"


def upgrade() -> None:
    op.add_column("trunks", sa.Column("media_timeout_s", sa.Integer(), nullable=False, server_default="0"))
