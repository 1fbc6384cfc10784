"""Transcribes and transcripts.

The full-text index is of the database's own kind, created by a migration and maintained by the database:
FTS5 in SQLite (a table ``transcripts_search`` and its shadows), GIN in PostgreSQL.
"""

from typing import Final

from sqlalchemy import JSON, BigInteger, Column, Float, ForeignKey, Index, String, Table, Uuid

from mixminus.store.tables.columns import WORD, UtcDateTime, customer, metadata, node, times

__all__ = ["SEARCH_INDEX", "transcribes", "transcripts"]

SEARCH_INDEX: Final = "transcripts_search"
"""Prefix of the names of the full-text index and its tables."""
_LANGUAGE: Final = 64

transcribes = Table(
    "transcribes",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("activeflow_id", Uuid, nullable=False),
    Column("on_end_flow_id", Uuid, nullable=False),
    Column("reference_type", String(WORD), nullable=False),
    Column("reference_id", Uuid, nullable=False),
    Column("status", String(WORD), nullable=False, index=True),
    Column("language", String(_LANGUAGE), nullable=False),
    Column("direction", String(WORD), nullable=False),
    Column("provider", String, nullable=False),
    Column("tm_stop", UtcDateTime),
    Column("translate_to", String(_LANGUAGE), nullable=False, server_default=""),
    node(),
    *times(),
    Index(None, "customer_id", "tm_create"),
    Index(None, "reference_id", "tm_create"),
)

transcripts = Table(
    "transcripts",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("transcribe_id", Uuid, ForeignKey("transcribes.id"), nullable=False),
    Column("direction", String(WORD), nullable=False),
    Column("message", String, nullable=False),
    Column("conferencecall_id", Uuid, nullable=False),
    Column("call_id", Uuid, nullable=False),
    Column("label", String, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("tm_create", UtcDateTime, nullable=False),
    Column("translations", JSON, nullable=False, server_default="{}"),
    Index(None, "customer_id", "tm_create"),
    Index(None, "transcribe_id", "start_us"),
    Index(None, "call_id"),
    Index(None, "tm_create"),
)
