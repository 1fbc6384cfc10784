"""Trunks: the domains of the client certificates that authenticate them."""

import sqlalchemy as sa
from alembic import op

revision = "0022_trunk_certificates"
down_revision = "0021_trunk_failover"


def upgrade() -> None:
    op.add_column("trunks", sa.Column("certificate_names", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "trunk_certificates",
        sa.Column("trunk_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(253), nullable=False),
        sa.ForeignKeyConstraint(["trunk_id"], ["trunks.id"], name=op.f("fk_trunk_certificates_trunk_id")),
        sa.PrimaryKeyConstraint("trunk_id", "name", name=op.f("pk_trunk_certificates")),
    )
    op.create_index(op.f("ix_trunk_certificates_name"), "trunk_certificates", ["name"], unique=False)
