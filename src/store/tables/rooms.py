"""Conferences, participants, calls and recordings.

Derived data is not stored: a conference's participants and recordings are rows of their own.
"""

from typing import Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Uuid,
    false,
    literal_column,
)

from mixminus.store.tables.columns import (
    WORD,
    UtcDateTime,
    customer,
    metadata,
    node,
    partial,
    times,
    undeleted,
)

__all__ = ["calls", "conferencecalls", "conferences", "is_present", "recordings"]

_PRESENT: Final = ("'joining'", "'joined'", "'leaving'")
"""The states of participants that have not leaved, as SQL."""

_NIL: Final = "0" * 32

conferences = Table(
    "conferences",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("type", String(WORD), nullable=False),
    Column("status", String(WORD), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("data", JSON, nullable=False),
    Column("timeout_s", Integer, nullable=False),
    Column("pre_actions", JSON, nullable=False),
    Column("post_actions", JSON, nullable=False),
    Column("pre_flow_id", Uuid, nullable=False),
    Column("post_flow_id", Uuid, nullable=False),
    Column("direct_hash", String(32), nullable=False, unique=True),
    Column("settings", JSON, nullable=False),
    Column("breakout_of", Uuid, nullable=False, index=True, server_default=_NIL),
    Column("tm_timeout", UtcDateTime),
    Column("tm_end", UtcDateTime),
    *times(),
    undeleted(),
)

conferencecalls = Table(
    "conferencecalls",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("conference_id", Uuid, ForeignKey("conferences.id"), nullable=False),
    Column("activeflow_id", Uuid, nullable=False),
    Column("reference_type", String(WORD), nullable=False),
    Column("reference_id", Uuid, nullable=False),
    Column("status", String(WORD), nullable=False),
    Column("role", String(WORD), nullable=False),
    Column("muted", Boolean, nullable=False),
    Column("deaf", Boolean, nullable=False),
    Column("gain_db", Float, nullable=False),
    Column("levelling", String(WORD), nullable=False, server_default="room"),
    Column("noise_suppression", String(WORD), nullable=False, server_default="room"),
    Column("talking", Boolean, nullable=False),
    Column("on_hold", Boolean, nullable=False, server_default=false()),
    Column("waiting", Boolean, nullable=False, server_default=false()),
    Column("hand_raised", Boolean, nullable=False, server_default=false()),
    Column("label", String, nullable=False),
    Column("tm_join", UtcDateTime),
    *times(),
    Index(None, "customer_id", "tm_create"),
    Index(None, "conference_id", "tm_create"),
    Index(None, "reference_id"),
    Index(None, "tm_create"),
    # Rooms and health read the participants that are there: few of all that ever were.
    partial(
        "ix_conferencecalls_present", "conference_id", "tm_create", where=f"status IN ({', '.join(_PRESENT)})"
    ),
)


def is_present() -> ColumnElement[bool]:
    """Return the condition of ``ix_conferencecalls_present``, word for word."""
    return conferencecalls.c.status.in_([literal_column(state) for state in _PRESENT])


calls = Table(
    "calls",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("flow_id", Uuid, nullable=False),
    Column("activeflow_id", Uuid, nullable=False),
    Column("source", JSON, nullable=False),
    Column("destination", JSON, nullable=False),
    Column("direction", String(WORD), nullable=False),
    Column("status", String(WORD), nullable=False, index=True),
    Column("action", JSON, nullable=False),
    Column("mute", Integer, nullable=False),
    Column("groupcall_id", Uuid, nullable=False),
    Column("master_call_id", Uuid, nullable=False),
    Column("chained_call_ids", JSON, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("diversions", JSON, nullable=False),
    Column("hangup_by", String(WORD), nullable=False),
    Column("hangup_reason", String(WORD), nullable=False),
    Column("answered_by", String(WORD), nullable=False, server_default=""),
    Column("answered_by_ms", Integer, nullable=False, server_default="0"),
    Column("greeting_ms", Integer, nullable=False, server_default="0"),
    # Who has called or was called, in the form in which it is compared; empty once it is erased.
    Column("party", String, nullable=False, server_default=""),
    Column("tm_ringing", UtcDateTime),
    Column("tm_progressing", UtcDateTime),
    Column("tm_hangup", UtcDateTime),
    node(),
    *times(),
    undeleted(),
    Index(None, "customer_id", "party"),
    Index(None, "tm_create"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("reference_type", String(WORD), nullable=False),
    Column("reference_id", Uuid, nullable=False),
    Column("status", String(WORD), nullable=False, index=True),
    Column("format", String(WORD), nullable=False),
    Column("on_end_flow_id", Uuid, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("stems", Boolean, nullable=False),
    Column("error", String(64), nullable=False),
    Column("seal", String(64), nullable=False),
    Column("files", JSON, nullable=False),
    node(),
    Column("tm_start", UtcDateTime),
    Column("tm_end", UtcDateTime),
    *times(),
    undeleted(),
    Index(None, "reference_id", "tm_create"),
    partial(None, "tm_end", where="tm_delete IS NULL"),
)
