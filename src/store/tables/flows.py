"""Flows and activeflows."""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Table, Uuid

from mixminus.store.tables.columns import WORD, customer, metadata, node, partial, times, undeleted

__all__ = ["activeflow_cursors", "activeflows", "flows"]

flows = Table(
    "flows",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("type", String(WORD), nullable=False),
    Column("name", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("actions", JSON, nullable=False),
    Column("direct_hash", String(32), nullable=False, unique=True),
    Column("on_complete_flow_id", Uuid, nullable=False),
    *times(),
    Index(None, "customer_id", "tm_create"),
)

activeflows = Table(
    "activeflows",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("flow_id", Uuid, nullable=False),
    Column("status", String(WORD), nullable=False, index=True),
    Column("reference_type", String(WORD), nullable=False),
    Column("reference_id", Uuid, nullable=False),
    Column("reference_activeflow_id", Uuid, nullable=False),
    Column("on_complete_flow_id", Uuid, nullable=False),
    Column("complete_count", Integer, nullable=False),
    Column("webhook_uri", String, nullable=False),
    Column("webhook_method", String(WORD), nullable=False),
    Column("current_action", JSON, nullable=False),
    Column("executed_actions", JSON, nullable=False),
    node(),
    *times(),
    undeleted(),
    Index(None, "tm_create"),
    partial("ix_activeflows_with_webhook", "id", where="webhook_uri != ''"),
)

# The last event that the webhook of an activeflow has received; no row before the first.
activeflow_cursors = Table(
    "activeflow_cursors",
    metadata,
    Column("activeflow_id", Uuid, ForeignKey("activeflows.id"), primary_key=True),
    Column("event_id", BigInteger, nullable=False),
)
