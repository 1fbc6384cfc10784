"""Requests that changed something, and who sent them."""

import sqlalchemy as sa
from alembic import op

revision = "0025_audits"
down_revision = "0027_breakout_rooms"


def upgrade() -> None:
    op.create_table(
        "audits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("access_key_id", sa.Uuid(), nullable=True),
        sa.Column("guest_link_id", sa.Uuid(), nullable=True),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(128), nullable=False),
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_audits_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audits")),
    )
    op.create_index(op.f("ix_audits_customer_id_tm_create"), "audits", ["customer_id", "tm_create"])
    op.create_index(op.f("ix_audits_tm_create"), "audits", ["tm_create"])
