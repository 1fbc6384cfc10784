"""Bindings of phones: what the phone calls itself, and since when it is registered."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0042_registrations"
down_revision = "0041_paths"

_LONGEST = timedelta(hours=1)
"""A binding lives so long at most."""


def upgrade() -> None:
    op.add_column(
        "extension_bindings", sa.Column("user_agent", sa.String(), nullable=False, server_default="")
    )
    op.add_column("extension_bindings", sa.Column("tm_create", sa.DateTime(timezone=False)))
    bindings = sa.table(
        "extension_bindings",
        sa.column("extension_id", sa.Uuid()),
        sa.column("contact", sa.String()),
        sa.column("tm_expire", sa.DateTime(timezone=False)),
        sa.column("tm_create", sa.DateTime(timezone=False)),
    )
    c = bindings.c
    connection = op.get_bind()
    # Since when is not known of these: the earliest time that their last REGISTER can have come.
    for row in connection.execute(sa.select(c.extension_id, c.contact, c.tm_expire)).all():
        connection.execute(
            sa.update(bindings)
            .where(c.extension_id == row.extension_id, c.contact == row.contact)
            .values(tm_create=row.tm_expire - _LONGEST)
        )
