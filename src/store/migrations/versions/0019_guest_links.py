"""Links by which guests join one conference."""

import sqlalchemy as sa
from alembic import op

revision = "0019_guest_links"
down_revision = "0018_trunk_health"


def upgrade() -> None:
    op.create_table(
        "guest_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tm_expire", sa.DateTime(), nullable=False),
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.Column("tm_update", sa.DateTime(), nullable=True),
        sa.Column("tm_delete", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_guest_links_customer_id")),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conferences.id"], name=op.f("fk_guest_links_conference_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest_links")),
    )
    op.create_index(
        op.f("ix_guest_links_conference_id_tm_create"),
        "guest_links",
        ["conference_id", "tm_create"],
        sqlite_where=sa.text("tm_delete IS NULL"),
        postgresql_where=sa.text("tm_delete IS NULL"),
    )
