"""Webhooks: where each customer's events go, up to which they went, and those that were not taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from mixminus.model.ids import CustomerId
from mixminus.store.tables import customers, undelivered, webhook_cursors

__all__ = ["Target", "Undelivered", "WebhookRows"]


@dataclass(frozen=True, slots=True)
class Target:
    """A customer's destination, and since when its row says so at the latest."""

    customer_id: CustomerId
    method: str
    uri: str
    secret: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Undelivered:
    """An event that was given up, with the HTTP status of the last attempt (0: nobody answered)."""

    event_id: int
    customer_id: CustomerId
    http_status: int
    tm: datetime


class WebhookRows:
    """The webhooks, seen from within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def target(self, customer_id: CustomerId) -> Target | None:
        """Return where the customer's events go; None if they go nowhere."""
        c = customers.c
        query = select(c.webhook_method, c.webhook_uri, c.webhook_secret, c.tm_create, c.tm_update)
        wanted = (c.id == customer_id, c.webhook_uri != "", c.webhook_method != "", c.tm_delete.is_(None))
        row = (await self._connection.execute(query.where(*wanted))).one_or_none()
        if row is None:
            return None
        method, uri, secret, tm_create, tm_update = row
        return Target(customer_id, method, uri, secret, tm_update or tm_create)

    async def customers(self) -> Sequence[CustomerId]:
        """Return who has a destination or has had one."""
        c = customers.c
        query = select(c.id).where(c.webhook_uri != "", c.webhook_method != "", c.tm_delete.is_(None))
        return (await self._connection.scalars(query.union(select(webhook_cursors.c.customer_id)))).all()

    async def cursor(self, customer_id: CustomerId) -> int | None:
        """Return the id of the last event that the customer was told, or that was given up."""
        c = webhook_cursors.c
        return await self._connection.scalar(select(c.event_id).where(c.customer_id == customer_id))

    async def begin(self, customer_id: CustomerId, event_id: int) -> None:
        """Let a customer be told what comes after this event."""
        values = {"customer_id": customer_id, "event_id": event_id}
        await self._connection.execute(insert(webhook_cursors).values(values))

    async def advance(self, customer_id: CustomerId, event_id: int) -> None:
        """Note that the customer need not be told this event again."""
        query = update(webhook_cursors).where(webhook_cursors.c.customer_id == customer_id)
        await self._connection.execute(query.values(event_id=event_id))

    async def forget(self, customer_id: CustomerId) -> None:
        """Let a customer be told nothing more."""
        await self._connection.execute(
            delete(webhook_cursors).where(webhook_cursors.c.customer_id == customer_id)
        )

    async def give_up(self, event: Undelivered) -> None:
        """Keep an event for whoever wants to know what was not taken."""
        c = undelivered.c
        await self._connection.execute(delete(undelivered).where(c.event_id == event.event_id))
        values = {column.name: getattr(event, column.name) for column in c}
        await self._connection.execute(insert(undelivered).values(values))

    async def undelivered(self, customer_id: CustomerId, after: int, limit: int) -> list[Undelivered]:
        """Return the customer's events that were given up, in the order of their ids."""
        c = undelivered.c
        query = select(undelivered).where(c.customer_id == customer_id, c.event_id > after)
        rows = (await self._connection.execute(query.order_by(c.event_id).limit(limit))).mappings()
        return [Undelivered(**row) for row in rows]

    async def prune_undelivered(self, before: datetime) -> None:
        """Delete what was given up before a moment."""
        await self._connection.execute(delete(undelivered).where(undelivered.c.tm < before))
