"""Tenants: what a customer tells of itself and where its webhooks go, agents who log in, and our signing key."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002_tenants"
down_revision = "0001"

TEXTS = ("detail", "email", "phone_number", "address", "webhook_uri", "webhook_secret")
# A copy, as of this revision, of what access.tokens makes.
WEBHOOK_SECRET_BYTES = 32


def _customers() -> None:
    for name in TEXTS:
        op.add_column("customers", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column(
        "customers", sa.Column("webhook_method", sa.String(length=16), nullable=False, server_default="")
    )
    op.add_column(
        "customers", sa.Column("status", sa.String(length=16), nullable=False, server_default="active")
    )
    _give_secrets()


def _give_secrets() -> None:
    customers = sa.table("customers", sa.column("id", sa.Uuid()), sa.column("webhook_secret", sa.String()))
    connection = op.get_bind()
    for customer_id in connection.scalars(sa.select(customers.c.id)).all():
        connection.execute(
            sa.update(customers)
            .where(customers.c.id == customer_id)
            .values(webhook_secret=secrets.token_hex(WEBHOOK_SECRET_BYTES))
        )


def _agents() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("ring_method", sa.String(length=16), nullable=False),
        sa.Column("permission", sa.Integer(), nullable=False),
        sa.Column("tag_ids", sa.JSON(), nullable=False),
        sa.Column("addresses", sa.JSON(), nullable=False),
        sa.Column("tm_password", sa.DateTime(), nullable=False),
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.Column("tm_update", sa.DateTime(), nullable=True),
        sa.Column("tm_delete", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_agents_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
        sa.UniqueConstraint("username", name=op.f("uq_agents_username")),
    )
    op.create_index(op.f("ix_agents_customer_id_tm_create"), "agents", ["customer_id", "tm_create"])


def _secrets() -> None:
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secrets")),
    )


def upgrade() -> None:
    _customers()
    _agents()
    _secrets()
    op.create_index(op.f("ix_access_keys_customer_id_tm_create"), "access_keys", ["customer_id", "tm_create"])
