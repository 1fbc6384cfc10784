"""The index by which old activeflows are found."""

from alembic import op

revision = "0047_old_activeflows"
down_revision = "0046_node_load"


def upgrade() -> None:
    op.create_index(op.f("ix_activeflows_tm_create"), "activeflows", ["tm_create"])
