"""What recordings are made of, and how they ended."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009_recordings"
down_revision = "0008_directory"


def _added(name: str, type_: sa.types.TypeEngine[Any], default: str) -> sa.Column[Any]:
    """Return a column that the rows of before have a value for."""
    return sa.Column(name, type_, nullable=False, server_default=sa.text(default))


def upgrade() -> None:
    for column in (
        _added("channels", sa.Integer(), "1"),
        _added("stems", sa.Boolean(), "false"),
        _added("error", sa.String(length=64), "''"),
        _added("seal", sa.String(length=64), "''"),
        _added("files", sa.JSON(), "'[]'"),
    ):
        op.add_column("recordings", column)
