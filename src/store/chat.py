"""Chat message rows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from mixminus.model.chat import ChatMessage
from mixminus.model.ids import NIL, ConferenceId, CustomerId
from mixminus.store.page import Page
from mixminus.store.rows import Rows
from mixminus.store.tables import chat_messages

__all__ = ["ChatMessageRows"]


class ChatMessageRows(Rows[ChatMessage]):
    """Reads and writes chat messages within one transaction."""

    table = chat_messages

    async def page_of(
        self, customer_id: CustomerId, conference_id: ConferenceId, page: Page
    ) -> list[ChatMessage]:
        """Return the undeleted messages of a room, newest first."""
        c = chat_messages.c
        return await self._page(customer_id, page, c.conference_id == conference_id, c.tm_delete.is_(None))

    async def to_all(self, conference_id: UUID, begin: datetime, end: datetime | None) -> list[ChatMessage]:
        """Return the undeleted messages to a whole room in a span of time, oldest first; None has no end."""
        c = chat_messages.c
        query = select(chat_messages).where(
            c.conference_id == conference_id,
            c.recipient_id == NIL,
            c.tm_delete.is_(None),
            c.tm_create >= begin,
        )
        if end is not None:
            query = query.where(c.tm_create <= end)
        return await self._many(query.order_by(c.tm_create))

    def _model(self, row: Mapping[str, Any]) -> ChatMessage:
        return ChatMessage(**row)
