"""Groupcalls."""

from sqlalchemy import JSON, Column, Index, String, Table, Uuid

from mixminus.store.tables.columns import WORD, customer, metadata, node, times

__all__ = ["groupcalls"]

groupcalls = Table(
    "groupcalls",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("status", String(WORD), nullable=False, index=True),
    Column("source", JSON, nullable=False),
    Column("destinations", JSON, nullable=False),
    Column("flow_id", Uuid, nullable=False),
    Column("master_call_id", Uuid, nullable=False),
    Column("answer_call_id", Uuid, nullable=False),
    Column("call_ids", JSON, nullable=False),
    Column("ring_method", String(WORD), nullable=False),
    node(),
    *times(),
    Index(None, "customer_id", "tm_create"),
    Index(None, "tm_create"),
)
