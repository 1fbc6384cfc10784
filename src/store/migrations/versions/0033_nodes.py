"""Servers that share a database: their leases, the homes of rooms, and which of them wrote a row."""

import sqlalchemy as sa
from alembic import op

revision = "0033_nodes"
down_revision = "0032_activeflow_deliveries"

_NIL = "00000000000000000000000000000000"
_OWNED = (
    "activeflows",
    "calls",
    "extension_bindings",
    "groupcalls",
    "idempotency_keys",
    "recordings",
    "transcribes",
)


def upgrade() -> None:
    op.create_table(
        "nodes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("sip_address", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("rooms", sa.Integer(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("tm_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("steady_since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nodes")),
    )
    op.add_column(
        "event_streams", sa.Column("epoch", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    )
    for table in ("event_streams", *_OWNED):
        op.add_column(table, sa.Column("node_id", sa.Uuid(), nullable=False, server_default=_NIL))
    op.create_index(op.f("ix_event_streams_node_id"), "event_streams", ["node_id"])
