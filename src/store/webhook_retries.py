"""Events that wait for another attempt at a customer's webhook.

The events of a stream wait in the order of their ids: only the first of them, the head, is attempted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from mixminus.model.ids import CustomerId
from mixminus.store.connection import Connection
from mixminus.store.outbox import Event
from mixminus.store.tables import outbox, undelivered, webhook_retries

__all__ = ["Backlog", "Retry", "WebhookRetryRows"]


@dataclass(frozen=True, slots=True)
class Retry:
    """An event that waits, with its attempts so far and the status of the last (0: none, or no response)."""

    event: Event
    attempts: int
    http_status: int
    tm_begin: datetime
    """Since when it waits."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for a webhook."""

    count: int = 0
    oldest: datetime | None = None
    next_attempt: datetime | None = None


class WebhookRetryRows:
    """Reads and writes waiting events within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, events: Iterable[Event], *, tm_next: datetime, **state: Any) -> None:
        """Let events wait for an attempt at ``tm_next``; ``state``: attempts, http_status, tm_begin."""
        rows = [
            {
                "event_id": event.id,
                "customer_id": event.customer_id,
                "stream_id": event.stream_id,
                "attempts": 0,
                "http_status": 0,
                "tm_begin": tm_next,
                "tm_next": tm_next,
                **state,
            }
            for event in events
        ]
        if rows:
            await self._connection.execute(insert(webhook_retries), rows)

    async def streams(self, customer_id: CustomerId) -> set[UUID]:
        """Return the streams of which events wait."""
        c = webhook_retries.c
        query = select(c.stream_id).where(c.customer_id == customer_id).distinct()
        return set(await self._connection.scalars(query))

    async def due(self, customer_id: CustomerId, now: datetime, limit: int) -> Sequence[Retry]:
        """Return the heads whose time has come, ordered by id."""
        c = webhook_retries.c
        query = (
            select(outbox, c.attempts, c.http_status, c.tm_begin)
            .join(webhook_retries, c.event_id == outbox.c.id)
            .where(c.event_id.in_(_heads(customer_id)), c.tm_next <= now)
        )
        rows = (await self._connection.execute(query.order_by(c.event_id).limit(limit))).mappings()
        return [_retry(dict(row)) for row in rows]

    async def postpone(self, retry: Retry, http_status: int, tm_next: datetime) -> None:
        """Note a failed attempt."""
        query = update(webhook_retries).where(webhook_retries.c.event_id == retry.event.id)
        values = {"attempts": retry.attempts + 1, "http_status": http_status, "tm_next": tm_next}
        await self._connection.execute(query.values(values))

    async def remove(self, event_id: int) -> None:
        """Remove an event that was accepted or given up."""
        await self._connection.execute(delete(webhook_retries).where(webhook_retries.c.event_id == event_id))

    async def clear(self, customer_id: CustomerId) -> None:
        """Remove all events of a customer that has no webhook any more."""
        c = webhook_retries.c
        await self._connection.execute(delete(webhook_retries).where(c.customer_id == customer_id))

    async def backlog(self, customer_id: CustomerId) -> Backlog:
        """Return how much waits, since when, and when the next attempt is due."""
        c = webhook_retries.c
        mine = c.customer_id == customer_id
        query = select(func.count(), func.min(c.tm_begin)).where(mine)
        waiting: Sequence[Any] = (await self._connection.execute(query)).one()
        if not waiting[0]:
            return Backlog()
        due = select(func.min(c.tm_next)).where(c.event_id.in_(_heads(customer_id)))
        return Backlog(waiting[0], waiting[1], await self._connection.scalar(due))

    async def resend(self, customer_id: CustomerId, event_ids: Sequence[int] | None, now: datetime) -> int:
        """Let events be attempted now: these, or all that were given up or wait; return how many."""
        given_up = undelivered.c
        wanted = outbox.c.customer_id == customer_id
        if event_ids is None:
            mine = select(given_up.event_id).where(given_up.customer_id == customer_id)
            chosen = outbox.c.id.in_(mine)
        else:
            chosen = outbox.c.id.in_(event_ids)
        c = webhook_retries.c
        hasten = update(webhook_retries).where(c.customer_id == customer_id, c.tm_next > now)
        if event_ids is not None:
            hasten = hasten.where(c.event_id.in_(event_ids))
        hastened = await self._connection.change(hasten.values(tm_next=now))
        waiting = select(c.event_id)
        query = select(outbox).where(wanted, chosen, outbox.c.id.not_in(waiting)).order_by(outbox.c.id)
        events = [Event(**row) for row in (await self._connection.execute(query)).mappings()]
        await self.add(events, tm_next=now)
        for event in events:
            await self._connection.execute(delete(undelivered).where(given_up.event_id == event.id))
        return len(events) + hastened


def _heads(customer_id: CustomerId) -> Any:
    c = webhook_retries.c
    return select(func.min(c.event_id)).where(c.customer_id == customer_id).group_by(c.stream_id)


def _retry(row: dict[str, Any]) -> Retry:
    state = {name: row.pop(name) for name in ("attempts", "http_status", "tm_begin")}
    return Retry(Event(**row), **state)
