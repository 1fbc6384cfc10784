"""Transcribes say what they are translated to, and transcripts keep their translations."""

import sqlalchemy as sa
from alembic import op

revision = "0039_translations"
down_revision = "0037_answered_by"


def upgrade() -> None:
    tag = sa.String(length=64)
    op.add_column("transcribes", sa.Column("translate_to", tag, nullable=False, server_default=""))
    op.add_column("transcripts", sa.Column("translations", sa.JSON(), nullable=False, server_default="{}"))
