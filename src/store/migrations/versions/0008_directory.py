"""Numbers, extensions with where their phones are, and trunks."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008_directory"
down_revision = "0007_dialling"


def _text(name: str, length: int | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _owned(table: str) -> tuple[Any, ...]:
    """Return what every table of a customer's things has."""
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.Column("tm_update", sa.DateTime(), nullable=True),
        sa.Column("tm_delete", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f(f"fk_{table}_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def upgrade() -> None:
    _create_numbers()
    _create_extensions()
    _create_trunks()
    for table in ("numbers", "extensions", "trunks"):
        op.create_index(
            op.f(f"ix_{table}_customer_id_tm_create"), table, ["customer_id", "tm_create"], unique=False
        )


def _create_numbers() -> None:
    op.create_table(
        "numbers",
        _text("number", 32),
        sa.Column("digits", sa.String(length=32), nullable=True),
        sa.Column("call_flow_id", sa.Uuid(), nullable=False),
        sa.Column("message_flow_id", sa.Uuid(), nullable=False),
        _text("name"),
        _text("detail"),
        sa.Column("metadata", sa.JSON(), nullable=False),
        *_owned("numbers"),
        sa.UniqueConstraint("digits", name=op.f("uq_numbers_digits")),
    )


def _create_extensions() -> None:
    op.create_table(
        "extensions",
        _text("extension"),
        sa.Column("live_extension", sa.String(), nullable=True),
        _text("password"),
        _text("name"),
        _text("detail"),
        _text("direct_hash", 32),
        *_owned("extensions"),
        sa.UniqueConstraint("direct_hash", name=op.f("uq_extensions_direct_hash")),
        sa.UniqueConstraint(
            "live_extension", "customer_id", name=op.f("uq_extensions_live_extension_customer_id")
        ),
    )
    op.create_table(
        "extension_bindings",
        sa.Column("extension_id", sa.Uuid(), nullable=False),
        _text("contact", 512),
        _text("instance"),
        _text("call_id"),
        sa.Column("sequence_number", sa.BigInteger(), nullable=False),
        _text("transport", 16),
        _text("host", 64),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("connection", sa.BigInteger(), nullable=False),
        sa.Column("tm_expire", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["extension_id"], ["extensions.id"], name=op.f("fk_extension_bindings_extension_id")
        ),
        sa.PrimaryKeyConstraint("extension_id", "contact", name=op.f("pk_extension_bindings")),
    )
    op.create_index(
        op.f("ix_extension_bindings_tm_expire"), "extension_bindings", ["tm_expire"], unique=False
    )


def _create_trunks() -> None:
    op.create_table(
        "trunks",
        _text("domain_name", 64),
        sa.Column("live_domain_name", sa.String(length=64), nullable=True),
        _text("name"),
        _text("detail"),
        sa.Column("auth_types", sa.JSON(), nullable=False),
        _text("username"),
        _text("password"),
        sa.Column("allowed_ips", sa.JSON(), nullable=False),
        _text("outbound_host"),
        _text("outbound_transport", 16),
        *_owned("trunks"),
        sa.UniqueConstraint("live_domain_name", name=op.f("uq_trunks_live_domain_name")),
    )
    op.create_table(
        "trunk_addresses",
        sa.Column("trunk_id", sa.Uuid(), nullable=False),
        _text("host", 64),
        sa.ForeignKeyConstraint(["trunk_id"], ["trunks.id"], name=op.f("fk_trunk_addresses_trunk_id")),
        sa.PrimaryKeyConstraint("trunk_id", "host", name=op.f("pk_trunk_addresses")),
    )
    op.create_index(op.f("ix_trunk_addresses_host"), "trunk_addresses", ["host"], unique=False)
