"""The indexes by which activeflows and recordings are found that are kept no longer."""

import sqlalchemy as sa
from alembic import op

revision = "0047_old_rows"
down_revision = "0046_node_load"


def upgrade() -> None:
    op.create_index(op.f("ix_activeflows_tm_create"), "activeflows", ["tm_create"])
    condition = sa.text("tm_delete IS NULL")
    op.create_index(
        op.f("ix_recordings_tm_end"),
        "recordings",
        ["tm_end"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
