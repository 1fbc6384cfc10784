"""Whether a participant's noise is suppressed, or as its room says."""

import sqlalchemy as sa
from alembic import op

revision = "0035_noise_suppression"
down_revision = "0034_levelling"


def upgrade() -> None:
    op.add_column(
        "conferencecalls",
        sa.Column(
            "noise_suppression", sa.String(length=16), nullable=False, server_default=sa.text("'room'")
        ),
    )
