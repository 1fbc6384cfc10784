"""Bindings keep the proxies by which their phones registered."""

import sqlalchemy as sa
from alembic import op

revision = "0041_paths"
down_revision = "0039_translations"


def upgrade() -> None:
    op.add_column("extension_bindings", sa.Column("path", sa.Text(), nullable=False, server_default=""))
