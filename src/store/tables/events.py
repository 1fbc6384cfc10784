"""What has happened, who was told, and what was asked twice."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from mixminus.store.tables.columns import SHA256_HEX, UtcDateTime, customer, metadata

__all__ = ["event_streams", "idempotency_keys", "outbox", "undelivered", "webhook_cursors"]

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
    customer(),
    Column("type", String(64), nullable=False),
    Column("data", JSON, nullable=False),
    Column("tm", UtcDateTime, nullable=False),
    # Of which activeflow it tells something, if of any.
    Column("activeflow_id", Uuid),
    UniqueConstraint("stream_id", "number"),
    Index(None, "customer_id", "id"),
    Index(None, "activeflow_id", "id"),
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
    customer(),
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
    Column("fingerprint", String(SHA256_HEX), nullable=False),
    Column("status", Integer),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary),
    Column("tm_create", UtcDateTime, nullable=False),
    Index(None, "tm_create"),
)
