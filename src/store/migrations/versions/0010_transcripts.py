"""What was said, as text, and how its words are found."""

import sqlalchemy as sa
from alembic import op

revision = "0010_transcripts"
down_revision = "0009_recordings"


def _transcribes() -> None:
    op.create_table(
        "transcribes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("activeflow_id", sa.Uuid(), nullable=False),
        sa.Column("on_end_flow_id", sa.Uuid(), nullable=False),
        sa.Column("reference_type", sa.String(length=16), nullable=False),
        sa.Column("reference_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=64), nullable=False),
        sa.Column("direction", sa.String(length=16), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("tm_stop", sa.DateTime(), nullable=True),
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.Column("tm_update", sa.DateTime(), nullable=True),
        sa.Column("tm_delete", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_transcribes_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcribes")),
    )
    for columns in (["status"], ["customer_id", "tm_create"], ["reference_id", "tm_create"]):
        op.create_index(op.f(f"ix_transcribes_{'_'.join(columns)}"), "transcribes", columns)


def _transcripts() -> None:
    op.create_table(
        "transcripts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("transcribe_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.String(length=16), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("conferencecall_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_transcripts_customer_id")),
        sa.ForeignKeyConstraint(
            ["transcribe_id"], ["transcribes.id"], name=op.f("fk_transcripts_transcribe_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcripts")),
    )
    for columns in (["customer_id", "tm_create"], ["transcribe_id", "start_us"]):
        op.create_index(op.f(f"ix_transcripts_{'_'.join(columns)}"), "transcripts", columns)


def _search() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE INDEX transcripts_search ON transcripts USING gin (to_tsvector('simple', message))"
        )
        return
    # Not by rowid: SQLite may number rows anew when it is told to VACUUM.
    op.execute(
        "CREATE VIRTUAL TABLE transcripts_search USING fts5(message, transcript_id UNINDEXED, "
        'tokenize = "unicode61 remove_diacritics 0")'
    )
    op.execute(
        "CREATE TRIGGER transcripts_search_add AFTER INSERT ON transcripts BEGIN "
        "INSERT INTO transcripts_search(message, transcript_id) VALUES (new.message, new.id); END"
    )
    op.execute(
        "CREATE TRIGGER transcripts_search_remove AFTER DELETE ON transcripts BEGIN "
        "DELETE FROM transcripts_search WHERE transcript_id = old.id; END"
    )


def upgrade() -> None:
    _transcribes()
    _transcripts()
    _search()
