"""Calls that we make: those that ring together, and those that end together."""

import sqlalchemy as sa
from alembic import op

revision = "0007_dialling"
down_revision = "0006_flows"

NIL = "00000000000000000000000000000000"


def upgrade() -> None:
    op.create_table(
        "groupcalls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("destinations", sa.JSON(), nullable=False),
        sa.Column("flow_id", sa.Uuid(), nullable=False),
        sa.Column("master_call_id", sa.Uuid(), nullable=False),
        sa.Column("answer_call_id", sa.Uuid(), nullable=False),
        sa.Column("call_ids", sa.JSON(), nullable=False),
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.Column("tm_update", sa.DateTime(), nullable=True),
        sa.Column("tm_delete", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_groupcalls_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groupcalls")),
    )
    op.create_index(op.f("ix_groupcalls_status"), "groupcalls", ["status"], unique=False)
    op.create_index(
        op.f("ix_groupcalls_customer_id_tm_create"), "groupcalls", ["customer_id", "tm_create"], unique=False
    )
    # The rows of before have none of these.
    for name in ("groupcall_id", "master_call_id"):
        op.add_column("calls", sa.Column(name, sa.Uuid(), nullable=False, server_default=sa.text(f"'{NIL}'")))
    chained = sa.Column("chained_call_ids", sa.JSON(), nullable=False, server_default=sa.text("'[]'"))
    op.add_column("calls", chained)
