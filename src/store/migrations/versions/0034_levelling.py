"""Whether a participant is levelled, or as its room says."""

import sqlalchemy as sa
from alembic import op

revision = "0034_levelling"
down_revision = "0033_nodes"


def upgrade() -> None:
    op.add_column(
        "conferencecalls",
        sa.Column("levelling", sa.String(length=16), nullable=False, server_default=sa.text("'room'")),
    )
