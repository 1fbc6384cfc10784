"""The tables; ``migrations`` makes them, and a test holds the two to each other.

Times are UTC without a zone, so that SQLite and PostgreSQL keep the same thing.
What can be derived is not stored: a conference's participants and recordings are rows of their own.
"""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.engine import Dialect

__all__ = [
    "UtcDateTime",
    "access_keys",
    "agents",
    "calls",
    "conferencecalls",
    "conferences",
    "customers",
    "event_streams",
    "idempotency_keys",
    "metadata",
    "outbox",
    "recordings",
    "secrets",
    "undelivered",
    "webhook_cursors",
]

_WORD: Final = 16
"""Longest of the API's enum words."""
_SHA256_HEX: Final = 64


class UtcDateTime(TypeDecorator[datetime]):
    """A UTC time; aware in Python, bare in the database."""

    impl = DateTime(timezone=False)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _times() -> tuple[Column[Any], Column[Any], Column[Any]]:
    return (
        Column("tm_create", UtcDateTime, nullable=False),
        Column("tm_update", UtcDateTime),
        Column("tm_delete", UtcDateTime),
    )


def _customer() -> Column[Any]:
    return Column("customer_id", Uuid, ForeignKey("customers.id"), nullable=False)


customers = Table(
    "customers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("email", String, nullable=False),
    Column("phone_number", String, nullable=False),
    Column("address", String, nullable=False),
    Column("status", String(_WORD), nullable=False),
    Column("webhook_method", String(_WORD), nullable=False),
    Column("webhook_uri", String, nullable=False),
    Column("webhook_secret", String, nullable=False),
    *_times(),
)

agents = Table(
    "agents",
    metadata,
    Column("id", Uuid, primary_key=True),
    _customer(),
    # Never given twice, not even after its agent is deleted: logs and tokens mean one person by it.
    Column("username", String, nullable=False, unique=True),
    Column("password_hash", String, nullable=False),
    Column("name", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("ring_method", String(_WORD), nullable=False),
    Column("permission", Integer, nullable=False),
    Column("tag_ids", JSON, nullable=False),
    Column("addresses", JSON, nullable=False),
    Column("tm_password", UtcDateTime, nullable=False),
    *_times(),
    Index(None, "customer_id", "tm_create"),
)

access_keys = Table(
    "access_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    _customer(),
    Column("name", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("token_sha256", String(_SHA256_HEX), nullable=False, unique=True),
    Column("token_prefix", String(_WORD), nullable=False),
    Column("tm_expire", UtcDateTime),
    *_times(),
    Index(None, "customer_id", "tm_create"),
)

# What the server itself keeps to itself: the key that signs its session tokens.
secrets = Table(
    "secrets",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

conferences = Table(
    "conferences",
    metadata,
    Column("id", Uuid, primary_key=True),
    _customer(),
    Column("type", String(_WORD), nullable=False),
    Column("status", String(_WORD), nullable=False, index=True),
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
    Column("tm_timeout", UtcDateTime),
    Column("tm_end", UtcDateTime),
    *_times(),
    Index(None, "customer_id", "tm_create"),
)

conferencecalls = Table(
    "conferencecalls",
    metadata,
    Column("id", Uuid, primary_key=True),
    _customer(),
    Column("conference_id", Uuid, ForeignKey("conferences.id"), nullable=False),
    Column("activeflow_id", Uuid, nullable=False),
    Column("reference_type", String(_WORD), nullable=False),
    Column("reference_id", Uuid, nullable=False),
    Column("status", String(_WORD), nullable=False),
    Column("role", String(_WORD), nullable=False),
    Column("muted", Boolean, nullable=False),
    Column("deaf", Boolean, nullable=False),
    Column("gain_db", Float, nullable=False),
    Column("talking", Boolean, nullable=False),
    Column("label", String, nullable=False),
    Column("tm_join", UtcDateTime),
    *_times(),
    Index(None, "customer_id", "tm_create"),
    Index(None, "conference_id", "status"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", Uuid, primary_key=True),
    _customer(),
    Column("flow_id", Uuid, nullable=False),
    Column("activeflow_id", Uuid, nullable=False),
    Column("source", JSON, nullable=False),
    Column("destination", JSON, nullable=False),
    Column("direction", String(_WORD), nullable=False),
    Column("status", String(_WORD), nullable=False, index=True),
    Column("action", JSON, nullable=False),
    Column("mute", Integer, nullable=False),
    Column("hangup_by", String(_WORD), nullable=False),
    Column("hangup_reason", String(_WORD), nullable=False),
    Column("tm_ringing", UtcDateTime),
    Column("tm_progressing", UtcDateTime),
    Column("tm_hangup", UtcDateTime),
    *_times(),
    Index(None, "customer_id", "tm_create"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("id", Uuid, primary_key=True),
    _customer(),
    Column("reference_type", String(_WORD), nullable=False),
    Column("reference_id", Uuid, nullable=False),
    Column("status", String(_WORD), nullable=False, index=True),
    Column("format", String(_WORD), nullable=False),
    Column("on_end_flow_id", Uuid, nullable=False),
    Column("tm_start", UtcDateTime),
    Column("tm_end", UtcDateTime),
    *_times(),
    Index(None, "customer_id", "tm_create"),
    Index(None, "reference_id", "tm_create"),
)

# A stream is a conference, or a customer for what belongs to no conference; its events are numbered from 1.
event_streams = Table(
    "event_streams",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", BigInteger, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("stream_id", Uuid, ForeignKey("event_streams.id"), nullable=False),
    Column("number", BigInteger, nullable=False),
    _customer(),
    Column("type", String(64), nullable=False),
    Column("data", JSON, nullable=False),
    Column("tm", UtcDateTime, nullable=False),
    UniqueConstraint("stream_id", "number"),
    Index(None, "customer_id", "id"),
    Index(None, "tm"),
)

# Up to which event a customer's webhook has been told; without a destination there is no row.
webhook_cursors = Table(
    "webhook_cursors",
    metadata,
    Column("customer_id", Uuid, ForeignKey("customers.id"), primary_key=True),
    Column("event_id", BigInteger, nullable=False),
)

# Events that a webhook would not take; the last attempt's HTTP status is 0 if nobody answered.
undelivered = Table(
    "undelivered",
    metadata,
    Column("event_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    _customer(),
    Column("http_status", Integer, nullable=False),
    Column("tm", UtcDateTime, nullable=False),
    Index(None, "customer_id", "event_id"),
)

# A POST that carried an Idempotency-Key: without a status it has not been answered yet.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("customer_id", Uuid, ForeignKey("customers.id"), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(_SHA256_HEX), nullable=False),
    Column("status", Integer),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary),
    Column("tm_create", UtcDateTime, nullable=False),
    Index(None, "tm_create"),
)
