"""Breakout rooms; participants that wait in the lobby, and raised hands."""

import sqlalchemy as sa
from alembic import op

revision = "0027_breakout_rooms"
down_revision = "0024_encrypted_secrets"

NIL = "00000000000000000000000000000000"


def upgrade() -> None:
    op.add_column("conferences", sa.Column("breakout_of", sa.Uuid(), nullable=False, server_default=NIL))
    op.create_index(op.f("ix_conferences_breakout_of"), "conferences", ["breakout_of"])
    for name in ("waiting", "hand_raised"):
        op.add_column(
            "conferencecalls", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        )
