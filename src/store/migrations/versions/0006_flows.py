"""Flows, and what has been run of them."""

import sqlalchemy as sa
from alembic import op

revision = "0006_flows"
down_revision = "0005_idempotency"


def _times() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.Column("tm_update", sa.DateTime(), nullable=True),
        sa.Column("tm_delete", sa.DateTime(), nullable=True),
    )


def upgrade() -> None:
    op.create_table(
        "flows",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("actions", sa.JSON(), nullable=False),
        sa.Column("direct_hash", sa.String(length=32), nullable=False),
        sa.Column("on_complete_flow_id", sa.Uuid(), nullable=False),
        *_times(),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_flows_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flows")),
        sa.UniqueConstraint("direct_hash", name=op.f("uq_flows_direct_hash")),
    )
    op.create_index(op.f("ix_flows_customer_id_tm_create"), "flows", ["customer_id", "tm_create"])
    op.create_table(
        "activeflows",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("flow_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reference_type", sa.String(length=16), nullable=False),
        sa.Column("reference_id", sa.Uuid(), nullable=False),
        sa.Column("reference_activeflow_id", sa.Uuid(), nullable=False),
        sa.Column("on_complete_flow_id", sa.Uuid(), nullable=False),
        sa.Column("complete_count", sa.Integer(), nullable=False),
        sa.Column("webhook_uri", sa.String(), nullable=False),
        sa.Column("webhook_method", sa.String(length=16), nullable=False),
        sa.Column("current_action", sa.JSON(), nullable=False),
        sa.Column("executed_actions", sa.JSON(), nullable=False),
        *_times(),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_activeflows_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activeflows")),
    )
    op.create_index(op.f("ix_activeflows_customer_id_tm_create"), "activeflows", ["customer_id", "tm_create"])
    op.create_index(op.f("ix_activeflows_status"), "activeflows", ["status"])
    op.create_table(
        "activeflow_cursors",
        sa.Column("activeflow_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activeflow_id"], ["activeflows.id"], name=op.f("fk_activeflow_cursors_activeflow_id")
        ),
        sa.PrimaryKeyConstraint("activeflow_id", name=op.f("pk_activeflow_cursors")),
    )
    op.add_column("outbox", sa.Column("activeflow_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_outbox_activeflow_id_id"), "outbox", ["activeflow_id", "id"])
