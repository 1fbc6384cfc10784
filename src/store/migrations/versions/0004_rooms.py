"""What rooms allow, and what participants are in them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004_rooms"
down_revision = "0003_delivery"


def _added(name: str, type_: sa.types.TypeEngine[Any], default: str) -> sa.Column[Any]:
    """Return a column that the rows of before have a value for."""
    return sa.Column(name, type_, nullable=False, server_default=sa.text(default))


def upgrade() -> None:
    op.add_column("conferences", _added("settings", sa.JSON(), "'{}'"))
    for column in (
        _added("role", sa.String(length=16), "'participant'"),
        _added("muted", sa.Boolean(), "false"),
        _added("deaf", sa.Boolean(), "false"),
        _added("gain_db", sa.Float(), "0"),
        _added("talking", sa.Boolean(), "false"),
        _added("label", sa.String(), "''"),
    ):
        op.add_column("conferencecalls", column)
