"""Usage of rooms by day, balances with their credits, and the time at which the server last ran."""

import sqlalchemy as sa
from alembic import op

revision = "0030_usage"
down_revision = "0028_chat"


def upgrade() -> None:
    op.create_table(
        "usage",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("participants", sa.Integer(), nullable=False),
        sa.Column("duration_us", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_usage_customer_id")),
        sa.ForeignKeyConstraint(["conference_id"], ["conferences.id"], name=op.f("fk_usage_conference_id")),
        sa.PrimaryKeyConstraint("customer_id", "day", "conference_id", name=op.f("pk_usage")),
    )
    op.create_index(
        op.f("ix_usage_customer_id_conference_id_day"), "usage", ["customer_id", "conference_id", "day"]
    )
    op.create_table(
        "balances",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("tm_exhausted", sa.DateTime(), nullable=True),
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.Column("tm_update", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_balances_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_balances")),
    )
    op.create_table(
        "credits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_credits_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credits")),
    )
    op.create_index(op.f("ix_credits_customer_id_tm_create"), "credits", ["customer_id", "tm_create"])
    op.create_table(
        "running_marks",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("tm", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_running_marks")),
    )
