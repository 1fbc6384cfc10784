"""Participants: whether their phones have put the call on hold."""

import sqlalchemy as sa
from alembic import op

revision = "0017_participant_hold"
down_revision = "0016_trunk_identity"


def upgrade() -> None:
    op.add_column(
        "conferencecalls", sa.Column("on_hold", sa.Boolean(), nullable=False, server_default=sa.false())
    )
