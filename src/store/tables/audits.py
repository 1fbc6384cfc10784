"""Audits. Who sent the request is no foreign key: audits outlive agents, keys and links."""

from sqlalchemy import Column, Index, Integer, String, Table, Uuid

from mixminus.store.tables.columns import UtcDateTime, customer, metadata

__all__ = ["audits"]

_NAME = 64

audits = Table(
    "audits",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("agent_id", Uuid),
    Column("access_key_id", Uuid),
    Column("guest_link_id", Uuid),
    Column("operation", String(_NAME), nullable=False),
    Column("resource_id", Uuid),
    Column("source", String(_NAME), nullable=False),
    Column("http_status", Integer, nullable=False),
    Column("reason", String(_NAME), nullable=False),
    Column("request_id", String(_NAME * 2), nullable=False),
    Column("tm_create", UtcDateTime, nullable=False),
    Index(None, "customer_id", "tm_create"),
    Index(None, "tm_create"),
)
