"""Chat messages of rooms."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Uuid

from mixminus.store.tables.columns import customer, metadata, times

__all__ = ["chat_messages"]

chat_messages = Table(
    "chat_messages",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("conference_id", Uuid, ForeignKey("conferences.id"), nullable=False),
    Column("sender_id", Uuid, nullable=False),
    Column("sender_name", String, nullable=False),
    Column("recipient_id", Uuid, nullable=False),
    Column("text", String, nullable=False),
    *times(),
    Index(None, "conference_id", "tm_create"),
    Index(None, "sender_id"),
    Index(None, "recipient_id"),
    Index(None, "tm_create"),
)
