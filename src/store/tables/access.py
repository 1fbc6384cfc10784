"""Customers, agents, access keys and secrets."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Uuid

from mixminus.store.tables.columns import SHA256_HEX, WORD, UtcDateTime, customer, metadata, partial, times

__all__ = ["access_keys", "agents", "customers", "encryption_keys", "guest_links", "secrets"]

customers = Table(
    "customers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("email", String, nullable=False),
    Column("phone_number", String, nullable=False),
    Column("address", String, nullable=False),
    Column("status", String(WORD), nullable=False),
    Column("webhook_method", String(WORD), nullable=False),
    Column("webhook_uri", String, nullable=False),
    Column("webhook_secret", String, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("srtp", String(WORD), nullable=False),
    *times(),
)

agents = Table(
    "agents",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    # Unique even after the agent is deleted: logs and tokens identify a person by it.
    Column("username", String, nullable=False, unique=True),
    Column("password_hash", String, nullable=False),
    Column("name", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("ring_method", String(WORD), nullable=False),
    Column("permission", Integer, nullable=False),
    Column("tag_ids", JSON, nullable=False),
    Column("addresses", JSON, nullable=False),
    Column("status", String(WORD), nullable=False),
    Column("direct_hash", String(32), nullable=False),
    Column("tm_password", UtcDateTime, nullable=False),
    *times(),
    Index(None, "customer_id", "tm_create"),
    Index(None, "direct_hash"),
)

access_keys = Table(
    "access_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("name", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("token_sha256", String(SHA256_HEX), nullable=False, unique=True),
    Column("token_prefix", String(WORD), nullable=False),
    Column("tm_expire", UtcDateTime),
    *times(),
    Index(None, "customer_id", "tm_create"),
)

guest_links = Table(
    "guest_links",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("conference_id", Uuid, ForeignKey("conferences.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("tm_expire", UtcDateTime, nullable=False),
    *times(),
    partial(None, "conference_id", "tm_create", where="tm_delete IS NULL"),
)

# The id of the key that encrypts the secrets; no row while they are plain texts.
encryption_keys = Table(
    "encryption_keys",
    metadata,
    Column("id", String(WORD), primary_key=True),
    Column("tm_create", UtcDateTime, nullable=False),
)

# Secrets of the server: the key that signs session tokens.
secrets = Table(
    "secrets",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)
