"""Attempts to deliver events to customers' webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "0026_webhook_attempts"
down_revision = "0023_trunk_media_timeout"


def upgrade() -> None:
    op.create_table(
        "webhook_attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(100), nullable=False),
        sa.Column("tm", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_webhook_attempts_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempts")),
    )
    for columns in (["customer_id", "event_id"], ["event_id"], ["tm"]):
        op.create_index(op.f(f"ix_webhook_attempts_{'_'.join(columns)}"), "webhook_attempts", columns)
