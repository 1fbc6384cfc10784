"""The outbox: every event is a row of the transaction that made it true.

Events of one stream (a conference, or a customer for what belongs to no conference)
are numbered from 1 without gaps; ``id`` orders the events of all streams.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from mixminus.ids import CustomerId
from mixminus.store.tables import event_streams, outbox

__all__ = ["Event", "OutboxRows"]


@dataclass(frozen=True, slots=True)
class Event:
    """A published fact: ``type`` and ``data`` are what a webhook's body carries."""

    id: int
    stream_id: UUID
    number: int
    customer_id: CustomerId
    type: str
    data: dict[str, Any]
    tm: datetime


class OutboxRows:
    """The events, seen from within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def open(self, stream_id: UUID) -> None:
        """Begin a stream, in the transaction that makes what it is about."""
        await self._connection.execute(insert(event_streams).values(id=stream_id, number=0))

    async def add(
        self, stream_id: UUID, type_: str, *, customer_id: CustomerId, data: dict[str, Any], tm: datetime
    ) -> int:
        """Append to a stream and return the event's number in it."""
        number = await self._next_number(stream_id)
        values = {"stream_id": stream_id, "number": number, "customer_id": customer_id}
        await self._connection.execute(insert(outbox).values(**values, type=type_, data=data, tm=tm))
        return number

    async def read(self, stream_id: UUID, after: int = 0, limit: int = 1000) -> list[Event]:
        """Return a stream's events whose number is greater, in order."""
        query = select(outbox).where(outbox.c.stream_id == stream_id, outbox.c.number > after)
        rows = (await self._connection.execute(query.order_by(outbox.c.number).limit(limit))).mappings()
        return [Event(**row) for row in rows]

    async def _next_number(self, stream_id: UUID) -> int:
        """Count one more; the row stays locked to the end, so that numbers have no gaps."""
        c = event_streams.c
        query = update(event_streams).where(c.id == stream_id).values(number=c.number + 1)
        number: int = (await self._connection.execute(query.returning(c.number))).scalar_one()
        return number
