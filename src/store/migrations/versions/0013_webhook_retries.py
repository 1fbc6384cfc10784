"""Events that wait for another attempt at a customer's webhook."""

import sqlalchemy as sa
from alembic import op

revision = "0013_webhook_retries"
down_revision = "0012_clients"


def upgrade() -> None:
    op.create_table(
        "webhook_retries",
        sa.Column(
            "event_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=False),
        sa.Column("tm_begin", sa.DateTime(), nullable=False),
        sa.Column("tm_next", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_webhook_retries_customer_id")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_webhook_retries")),
    )
    columns = ["customer_id", "stream_id", "event_id"]
    op.create_index(op.f(f"ix_webhook_retries_{'_'.join(columns)}"), "webhook_retries", columns)
