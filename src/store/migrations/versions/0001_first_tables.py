"""The first tables: customers and their keys, conferences, participants, calls, recordings, events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.Column("tm_update", sa.DateTime(), nullable=True),
        sa.Column("tm_delete", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )


def _event_streams() -> None:
    op.create_table(
        "event_streams",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_streams")),
    )


def _access_keys() -> None:
    op.create_table(
        "access_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("token_prefix", sa.String(length=16), nullable=False),
        sa.Column("tm_expire", sa.DateTime(), nullable=True),
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.Column("tm_update", sa.DateTime(), nullable=True),
        sa.Column("tm_delete", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_access_keys_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_keys")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_access_keys_token_sha256")),
    )


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("flow_id", sa.Uuid(), nullable=False),
        sa.Column("activeflow_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("destination", sa.JSON(), nullable=False),
        sa.Column("direction", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("action", sa.JSON(), nullable=False),
        sa.Column("mute", sa.Integer(), nullable=False),
        sa.Column("hangup_by", sa.String(length=16), nullable=False),
        sa.Column("hangup_reason", sa.String(length=16), nullable=False),
        sa.Column("tm_ringing", sa.DateTime(), nullable=True),
        sa.Column("tm_progressing", sa.DateTime(), nullable=True),
        sa.Column("tm_hangup", sa.DateTime(), nullable=True),
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.Column("tm_update", sa.DateTime(), nullable=True),
        sa.Column("tm_delete", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_calls_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
    )
    op.create_index(
        op.f("ix_calls_customer_id_tm_create"), "calls", ["customer_id", "tm_create"], unique=False
    )
    op.create_index(op.f("ix_calls_status"), "calls", ["status"], unique=False)


def _conferences() -> None:
    op.create_table(
        "conferences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("timeout_s", sa.Integer(), nullable=False),
        sa.Column("pre_actions", sa.JSON(), nullable=False),
        sa.Column("post_actions", sa.JSON(), nullable=False),
        sa.Column("pre_flow_id", sa.Uuid(), nullable=False),
        sa.Column("post_flow_id", sa.Uuid(), nullable=False),
        sa.Column("direct_hash", sa.String(length=32), nullable=False),
        sa.Column("tm_timeout", sa.DateTime(), nullable=True),
        sa.Column("tm_end", sa.DateTime(), nullable=True),
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.Column("tm_update", sa.DateTime(), nullable=True),
        sa.Column("tm_delete", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_conferences_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conferences")),
        sa.UniqueConstraint("direct_hash", name=op.f("uq_conferences_direct_hash")),
    )
    op.create_index(
        op.f("ix_conferences_customer_id_tm_create"),
        "conferences",
        ["customer_id", "tm_create"],
        unique=False,
    )
    op.create_index(op.f("ix_conferences_status"), "conferences", ["status"], unique=False)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("tm", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_outbox_customer_id")),
        sa.ForeignKeyConstraint(["stream_id"], ["event_streams.id"], name=op.f("fk_outbox_stream_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("stream_id", "number", name=op.f("uq_outbox_stream_id_number")),
    )
    op.create_index(op.f("ix_outbox_customer_id_id"), "outbox", ["customer_id", "id"], unique=False)


def _recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("reference_type", sa.String(length=16), nullable=False),
        sa.Column("reference_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("on_end_flow_id", sa.Uuid(), nullable=False),
        sa.Column("tm_start", sa.DateTime(), nullable=True),
        sa.Column("tm_end", sa.DateTime(), nullable=True),
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.Column("tm_update", sa.DateTime(), nullable=True),
        sa.Column("tm_delete", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_recordings_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
    )
    op.create_index(
        op.f("ix_recordings_customer_id_tm_create"), "recordings", ["customer_id", "tm_create"], unique=False
    )
    op.create_index(
        op.f("ix_recordings_reference_id_tm_create"),
        "recordings",
        ["reference_id", "tm_create"],
        unique=False,
    )
    op.create_index(op.f("ix_recordings_status"), "recordings", ["status"], unique=False)


def _conferencecalls() -> None:
    op.create_table(
        "conferencecalls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("activeflow_id", sa.Uuid(), nullable=False),
        sa.Column("reference_type", sa.String(length=16), nullable=False),
        sa.Column("reference_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("tm_join", sa.DateTime(), nullable=True),
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.Column("tm_update", sa.DateTime(), nullable=True),
        sa.Column("tm_delete", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conferences.id"], name=op.f("fk_conferencecalls_conference_id")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_conferencecalls_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conferencecalls")),
    )
    op.create_index(
        op.f("ix_conferencecalls_conference_id_status"),
        "conferencecalls",
        ["conference_id", "status"],
        unique=False,
    )
    op.create_index(
        op.f("ix_conferencecalls_customer_id_tm_create"),
        "conferencecalls",
        ["customer_id", "tm_create"],
        unique=False,
    )


def upgrade() -> None:
    _customers()
    _event_streams()
    _access_keys()
    _calls()
    _conferences()
    _outbox()
    _recordings()
    _conferencecalls()
