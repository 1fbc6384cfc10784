"""Webhooks of customers: targets, the last event each has received, and undelivered events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, delete, func, insert, select, update

from mixminus.model.ids import CustomerId
from mixminus.store.cipher import Cipher
from mixminus.store.connection import Connection
from mixminus.store.secret_columns import WEBHOOK_SECRETS
from mixminus.store.statement import Statement
from mixminus.store.tables import (
    activeflow_retries,
    customers,
    undelivered,
    webhook_attempts,
    webhook_cursors,
)
from mixminus.store.webhook_attempts import WebhookType

__all__ = ["Target", "Undelivered", "WebhookRows"]

_TARGET: Final = Statement(
    select(
        customers.c.webhook_method,
        customers.c.webhook_uri,
        customers.c.webhook_secret,
        customers.c.tm_create,
        customers.c.tm_update,
    ).where(
        customers.c.id == bindparam("customer_id"),
        customers.c.webhook_uri != "",
        customers.c.webhook_method != "",
        customers.c.tm_delete.is_(None),
    )
)
_CURSOR: Final = Statement(
    select(webhook_cursors.c.event_id).where(webhook_cursors.c.customer_id == bindparam("customer_id"))
)


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook's target; ``since``: when the row was last changed."""

    customer_id: CustomerId
    method: str
    uri: str
    secret: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Undelivered:
    """An event that could not be delivered, with the HTTP status of the last attempt (0: no response)."""

    event_id: int
    customer_id: CustomerId
    http_status: int
    tm: datetime
    activeflow_id: UUID | None = None
    """The activeflow whose webhook it was sent to; None is the customer's webhook."""

    @property
    def webhook_type(self) -> WebhookType:
        return "activeflow" if self.activeflow_id else "customer"

    @property
    def webhook_id(self) -> UUID:
        """Id of the customer or of the activeflow whose webhook it is."""
        return self.activeflow_id or self.customer_id


class WebhookRows:
    """Reads and writes webhooks within one transaction."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    async def target(self, customer_id: CustomerId) -> Target | None:
        """Return the customer's target; None if it has no webhook."""
        rows = await self._connection.fetch(_TARGET, customer_id=customer_id)
        if not rows:
            return None
        method, uri, secret, tm_create, tm_update = rows[0].values()
        secret = self._cipher.decrypt(secret, WEBHOOK_SECRETS.place(customer_id))
        return Target(customer_id, method, uri, secret, tm_update or tm_create)

    async def customers(self) -> Sequence[CustomerId]:
        """Return the customers that have a webhook or had one."""
        c = customers.c
        query = select(c.id).where(c.webhook_uri != "", c.webhook_method != "", c.tm_delete.is_(None))
        return (await self._connection.scalars(query.union(select(webhook_cursors.c.customer_id)))).all()

    async def cursor(self, customer_id: CustomerId) -> int | None:
        """Return the id of the customer's last event that was delivered or given up."""
        rows = await self._connection.fetch(_CURSOR, customer_id=customer_id)
        return rows[0]["event_id"] if rows else None

    async def begin(self, customer_id: CustomerId, event_id: int) -> None:
        """Start delivery to a customer after this event."""
        values = {"customer_id": customer_id, "event_id": event_id}
        await self._connection.execute(insert(webhook_cursors).values(values))

    async def advance(self, customer_id: CustomerId, event_id: int) -> None:
        """Mark the customer's events up to this one as delivered."""
        query = update(webhook_cursors).where(webhook_cursors.c.customer_id == customer_id)
        await self._connection.execute(query.values(event_id=event_id))

    async def forget(self, customer_id: CustomerId) -> None:
        """Stop delivery to a customer."""
        await self._connection.execute(
            delete(webhook_cursors).where(webhook_cursors.c.customer_id == customer_id)
        )

    async def give_up(self, event: Undelivered) -> None:
        """Store an event as undelivered."""
        c = undelivered.c
        await self._connection.execute(delete(undelivered).where(c.event_id == event.event_id))
        values = {column.name: getattr(event, column.name) for column in c}
        await self._connection.execute(insert(undelivered).values(values))

    async def undelivered(self, customer_id: CustomerId, after: int, limit: int) -> list[Undelivered]:
        """Return what was given up of ``limit`` events with ids above ``after``, ordered by id.

        An event is listed twice if both the customer's webhook and its activeflow's did not accept it.
        """
        c = undelivered.c
        of_customer = select(undelivered).where(c.customer_id == customer_id, c.event_id > after)
        queries = (of_customer.order_by(c.event_id), _given_up_of_activeflows(customer_id, after))
        found = [
            Undelivered(**row)
            for query in queries
            for row in (await self._connection.execute(query.limit(limit))).mappings()
        ]
        event_ids = sorted({each.event_id for each in found})[:limit]
        listed = [each for each in found if each.event_id in event_ids]
        return sorted(listed, key=lambda each: (each.event_id, each.webhook_type == "activeflow"))

    async def prune_undelivered(self, before: datetime) -> None:
        """Delete undelivered events from before a moment."""
        await self._connection.execute(delete(undelivered).where(undelivered.c.tm < before))


def _given_up_of_activeflows(customer_id: CustomerId, after: int) -> Select[Any]:
    """Select what the webhooks of activeflows did not accept, each event with its newest attempt, ordered by id."""
    c, attempts = activeflow_retries.c, webhook_attempts.c
    of_event = (attempts.event_id == c.event_id, attempts.activeflow_id == c.activeflow_id)
    newest = select(func.max(attempts.id)).where(*of_event).correlate(activeflow_retries).scalar_subquery()
    return (
        select(c.event_id, c.customer_id, attempts.http_status, attempts.tm, c.activeflow_id)
        .join(webhook_attempts, attempts.id == newest)
        .where(c.customer_id == customer_id, c.event_id > after, c.tm_next.is_(None))
        .order_by(c.event_id)
    )
