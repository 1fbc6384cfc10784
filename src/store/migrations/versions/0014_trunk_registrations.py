"""Trunks that register with their provider."""

import sqlalchemy as sa
from alembic import op

revision = "0014_trunk_registrations"
down_revision = "0013_webhook_retries"


def upgrade() -> None:
    with op.batch_alter_table("trunks") as table:
        table.add_column(
            sa.Column("outbound_register", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.add_column(sa.Column("registration", sa.String(16), nullable=False, server_default=""))
        table.add_column(sa.Column("registration_detail", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("trunks") as table:
        for name in ("outbound_register", "registration", "registration_detail"):
            table.alter_column(name, server_default=None)
