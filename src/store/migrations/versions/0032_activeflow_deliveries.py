"""Attempts at the webhooks of activeflows, and the events that wait for another one or were given up."""

import sqlalchemy as sa
from alembic import op

revision = "0032_activeflow_deliveries"
down_revision = "0031_retention"


def upgrade() -> None:
    op.add_column("webhook_attempts", sa.Column("activeflow_id", sa.Uuid(), nullable=True))
    op.create_table(
        "activeflow_retries",
        sa.Column(
            "event_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("activeflow_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tm_begin", sa.DateTime(), nullable=False),
        sa.Column("tm_next", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_activeflow_retries_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["activeflow_id"], ["activeflows.id"], name=op.f("fk_activeflow_retries_activeflow_id")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_activeflow_retries")),
    )
    columns = ["customer_id", "event_id"]
    op.create_index(op.f(f"ix_activeflow_retries_{'_'.join(columns)}"), "activeflow_retries", columns)
    condition = sa.text("tm_next IS NOT NULL")
    op.create_index(
        op.f("ix_activeflow_retries_waiting"),
        "activeflow_retries",
        ["activeflow_id", "event_id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
