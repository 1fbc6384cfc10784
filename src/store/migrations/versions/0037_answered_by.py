"""Calls keep what answering machine detection has heard."""

import sqlalchemy as sa
from alembic import op

revision = "0037_answered_by"
down_revision = "0035_noise_suppression"


def upgrade() -> None:
    word = sa.String(length=16)
    op.add_column("calls", sa.Column("answered_by", word, nullable=False, server_default=""))
    op.add_column("calls", sa.Column("answered_by_ms", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("calls", sa.Column("greeting_ms", sa.Integer(), nullable=False, server_default="0"))
