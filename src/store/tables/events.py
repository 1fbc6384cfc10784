"""Events, webhook cursors and attempts, undelivered events, and idempotency keys."""

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
    text,
)

from mixminus.store.tables.columns import NODE_ID, SHA256_HEX, UtcDateTime, customer, metadata, node, partial

__all__ = [
    "activeflow_retries",
    "event_streams",
    "idempotency_keys",
    "outbox",
    "undelivered",
    "webhook_attempts",
    "webhook_cursors",
    "webhook_retries",
]

# A stream is a conference, or a customer for what belongs to no conference; its events are numbered from 1.
# A conference's stream has a home: the node that may write to it, at its epoch (``store.fence``).
event_streams = Table(
    "event_streams",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
    node(),
    Index(None, NODE_ID),
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
    # The activeflow that the event is about, if any.
    Column("activeflow_id", Uuid),
    UniqueConstraint("stream_id", "number"),
    Index(None, "customer_id", "id"),
    Index(None, "activeflow_id", "id"),
    Index(None, "tm"),
)

# The last event that a customer's webhook has received; no row without a webhook.
webhook_cursors = Table(
    "webhook_cursors",
    metadata,
    Column("customer_id", Uuid, ForeignKey("customers.id"), primary_key=True),
    Column("event_id", BigInteger, nullable=False),
)

# Events that could not be delivered; the HTTP status of the last attempt is 0 without a response.
undelivered = Table(
    "undelivered",
    metadata,
    Column("event_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    customer(),
    Column("http_status", Integer, nullable=False),
    Column("tm", UtcDateTime, nullable=False),
    Index(None, "customer_id", "event_id"),
    Index(None, "tm"),
)

# Events that wait for another attempt at a customer's webhook; the HTTP status is that of the last one.
webhook_retries = Table(
    "webhook_retries",
    metadata,
    Column("event_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    customer(),
    Column("stream_id", Uuid, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("http_status", Integer, nullable=False),
    Column("tm_begin", UtcDateTime, nullable=False),
    Column("tm_next", UtcDateTime, nullable=False),
    Index(None, "customer_id", "stream_id", "event_id"),
)

# Events that wait for another attempt at the webhook of their activeflow, or were given up: those have no ``tm_next``.
activeflow_retries = Table(
    "activeflow_retries",
    metadata,
    Column("event_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    customer(),
    Column("activeflow_id", Uuid, ForeignKey("activeflows.id"), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("tm_begin", UtcDateTime, nullable=False),
    Column("tm_next", UtcDateTime),
    Index(None, "customer_id", "event_id"),
    partial("ix_activeflow_retries_waiting", "activeflow_id", "event_id", where="tm_next IS NOT NULL"),
)

# Attempts to deliver an event to a webhook, the customer's unless an activeflow is named; the HTTP status is 0
# without a response.
webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("event_id", BigInteger, nullable=False),
    customer(),
    Column("http_status", Integer, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("error", String(100), nullable=False),
    Column("tm", UtcDateTime, nullable=False),
    Column("activeflow_id", Uuid),
    Index(None, "customer_id", "event_id"),
    Index(None, "event_id"),
    Index(None, "tm"),
)

# POSTs with an Idempotency-Key; without a status there is no response yet.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("customer_id", Uuid, ForeignKey("customers.id"), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(SHA256_HEX), nullable=False),
    Column("status", Integer),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary),
    node(),
    Column("tm_create", UtcDateTime, nullable=False),
    Index(None, "tm_create"),
)
