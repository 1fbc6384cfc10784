"""What webhooks have been told, and what they would not take."""

import sqlalchemy as sa
from alembic import op

revision = "0003_delivery"
down_revision = "0002_tenants"


def upgrade() -> None:
    op.create_table(
        "webhook_cursors",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_webhook_cursors")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_webhook_cursors_customer_id")
        ),
    )
    op.create_table(
        "undelivered",
        sa.Column(
            "event_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=False),
        sa.Column("tm", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_undelivered")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_undelivered_customer_id")),
    )
    op.create_index(op.f("ix_undelivered_customer_id_event_id"), "undelivered", ["customer_id", "event_id"])
    op.create_index(op.f("ix_outbox_tm"), "outbox", ["tm"])
