"""Events that wait for another attempt at the webhook of their activeflow, and those that were given up.

An event is about one activeflow at most. The events of an activeflow wait in the order of their ids: only the first
of them, the head, is attempted.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from mixminus.model.ids import CustomerId
from mixminus.store.connection import Connection
from mixminus.store.outbox import Event
from mixminus.store.tables import activeflow_cursors, activeflow_retries, activeflows, outbox
from mixminus.store.webhook_retries import Backlog

__all__ = ["ActiveflowRetry", "ActiveflowRetryRows"]


@dataclass(frozen=True, slots=True)
class ActiveflowRetry:
    """An event with its attempts so far, the time since when it waits, and that of the next attempt.

    ``tm_next`` is None if the event was given up.
    """

    event: Event
    attempts: int
    tm_begin: datetime
    tm_next: datetime | None


class ActiveflowRetryRows:
    """Reads and writes activeflows' waiting events within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def head(self, activeflow_id: UUID) -> ActiveflowRetry | None:
        """Return the first event that waits; None if none does."""
        c = activeflow_retries.c
        query = (
            select(outbox, c.attempts, c.tm_begin, c.tm_next)
            .join(activeflow_retries, c.event_id == outbox.c.id)
            .where(c.activeflow_id == activeflow_id, c.tm_next.is_not(None))
        )
        found = (await self._connection.execute(query.order_by(c.event_id).limit(1))).mappings().one_or_none()
        if found is None:
            return None
        row = dict(found)
        attempts, tm_begin, tm_next = row.pop("attempts"), row.pop("tm_begin"), row.pop("tm_next")
        return ActiveflowRetry(Event(**row), attempts, tm_begin, tm_next)

    async def waiting(self) -> Sequence[UUID]:
        """Return the activeflows of which events wait."""
        c = activeflow_retries.c
        query = select(c.activeflow_id).where(c.tm_next.is_not(None)).distinct()
        return (await self._connection.scalars(query)).all()

    async def backlog(self, activeflow_id: UUID) -> Backlog:
        """Return how much waits, and since when."""
        c = activeflow_retries.c
        query = select(func.count(), func.min(c.tm_begin))
        waits = (c.activeflow_id == activeflow_id, c.tm_next.is_not(None))
        waiting: Sequence[Any] = (await self._connection.execute(query.where(*waits))).one()
        return Backlog(*waiting)

    async def put(self, retries: Iterable[ActiveflowRetry]) -> None:
        """Store events that wait or were given up, in place of what was stored of them."""
        stored = list(retries)
        rows = [
            {
                "event_id": each.event.id,
                "customer_id": each.event.customer_id,
                "activeflow_id": each.event.activeflow_id,
                "attempts": each.attempts,
                "tm_begin": each.tm_begin,
                "tm_next": each.tm_next,
            }
            for each in stored
        ]
        if rows:
            await self._remove([each.event.id for each in stored])
            await self._connection.execute(insert(activeflow_retries), rows)

    async def remove(self, event_id: int) -> None:
        """Remove an event that was accepted."""
        await self._remove([event_id])

    async def resend(
        self, customer_id: CustomerId, event_ids: Collection[int] | None, now: datetime
    ) -> tuple[int, Sequence[UUID]]:
        """Let events be attempted now: these, or all that were given up or wait.

        Return how many these are, and the activeflows of which events are due. Those named may have been accepted.
        """
        c = activeflow_retries.c
        mine = [c.customer_id == customer_id]
        if event_ids is not None:
            mine.append(c.event_id.in_(event_ids))
        count = await self._hasten(mine, now)
        if event_ids is not None:
            accepted = await self._accepted(customer_id, event_ids)
            await self.put(ActiveflowRetry(event, 0, now, now) for event in accepted)
            count += len(accepted)
        due = select(c.activeflow_id).where(*mine, c.tm_next.is_not(None), c.tm_next <= now).distinct()
        return count, (await self._connection.scalars(due)).all()

    async def _hasten(self, mine: Collection[ColumnElement[bool]], now: datetime) -> int:
        c = activeflow_retries.c
        given_up = update(activeflow_retries).where(*mine, c.tm_next.is_(None))
        waiting = update(activeflow_retries).where(*mine, c.tm_next > now)
        hastened = await self._connection.change(waiting.values(tm_next=now))
        again = {"attempts": 0, "tm_begin": now, "tm_next": now}
        return hastened + await self._connection.change(given_up.values(again))

    async def _accepted(self, customer_id: CustomerId, event_ids: Collection[int]) -> list[Event]:
        """Return those of these events that the webhook of their activeflow has accepted."""
        c, cursors = outbox.c, activeflow_cursors.c
        tables = outbox.join(activeflows, activeflows.c.id == c.activeflow_id)
        tables = tables.join(activeflow_cursors, cursors.activeflow_id == c.activeflow_id)
        retried = select(activeflow_retries.c.event_id).where(activeflow_retries.c.event_id.in_(event_ids))
        wanted = (
            c.customer_id == customer_id,
            c.id.in_(event_ids),
            c.id <= cursors.event_id,
            c.id.not_in(retried),
            activeflows.c.webhook_uri != "",
        )
        query = select(outbox).select_from(tables).where(*wanted).order_by(c.id)
        return [Event(**row) for row in (await self._connection.execute(query)).mappings()]

    async def _remove(self, event_ids: Collection[int]) -> None:
        c = activeflow_retries.c
        await self._connection.execute(delete(activeflow_retries).where(c.event_id.in_(event_ids)))
