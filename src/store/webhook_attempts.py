"""Attempts to deliver events to customers' webhooks, and what became of each event."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, Literal

from sqlalchemy import delete, func, insert, select

from mixminus.model.ids import CustomerId
from mixminus.store.connection import Connection
from mixminus.store.outbox import Event
from mixminus.store.tables import outbox, webhook_attempts, webhook_retries

__all__ = ["Attempt", "Delivery", "State", "WebhookAttemptRows", "is_accepted"]

MAX_ATTEMPTS: Final = 20
"""Attempts of an event that are read; an event that waits for a day has a hundred."""
State = Literal["waiting", "delivered", "undelivered"]


def is_accepted(http_status: int) -> bool:
    """Return whether a webhook that responds with this status has taken the event (RFC 9110 section 15.3)."""
    return HTTPStatus.OK <= http_status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request to a webhook; the HTTP status is 0 without a response, and then ``error`` says why."""

    tm: datetime
    http_status: int
    duration_ms: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that was sent to a webhook or waits for it; attempts are the last ones, newest first."""

    event_id: int
    type: str
    state: State
    attempt_count: int
    attempts: tuple[Attempt, ...]
    tm_next: datetime | None
    """When the next attempt is due; None unless the event waits."""


class WebhookAttemptRows:
    """Reads and writes attempts within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, event: Event, attempt: Attempt) -> None:
        """Store an attempt."""
        values = {"event_id": event.id, "customer_id": event.customer_id} | asdict(attempt)
        await self._connection.execute(insert(webhook_attempts).values(values))

    async def page(self, customer_id: CustomerId, before: int, limit: int) -> list[Delivery]:
        """Return the deliveries of events with ids below ``before``, newest first."""
        ids: set[int] = set()
        for c in (webhook_attempts.c, webhook_retries.c):
            mine = select(c.event_id).where(c.customer_id == customer_id, c.event_id < before)
            query = mine.group_by(c.event_id).order_by(c.event_id.desc()).limit(limit)
            ids.update(await self._connection.scalars(query))
        chosen = sorted(ids, reverse=True)[:limit]
        return await self._deliveries(chosen) if chosen else []

    async def prune(self, before: datetime, limit: int) -> int:
        """Delete attempts from before a moment; return how many."""
        c = webhook_attempts.c
        old = select(c.id).where(c.tm < before).order_by(c.tm).limit(limit)
        return await self._connection.change(delete(webhook_attempts).where(c.id.in_(old)))

    async def _deliveries(self, event_ids: Sequence[int]) -> list[Delivery]:
        counted = await self._attempts(event_ids)
        c = webhook_retries.c
        waits = await self._connection.execute(select(c.event_id, c.tm_next).where(c.event_id.in_(event_ids)))
        waiting = {row.event_id: row.tm_next for row in waits}
        types = select(outbox.c.id, outbox.c.type).where(outbox.c.id.in_(event_ids))
        rows = await self._connection.execute(types.order_by(outbox.c.id.desc()))
        return [
            _delivery(event_id, type_, *counted.get(event_id, (0, ())), waiting=waiting)
            for event_id, type_ in rows
        ]

    async def _attempts(self, event_ids: Sequence[int]) -> dict[int, tuple[int, tuple[Attempt, ...]]]:
        """Return the number of attempts of each event, and the last ones."""
        c = webhook_attempts.c
        newest = func.row_number().over(partition_by=c.event_id, order_by=c.id.desc()).label("place")
        count = func.count().over(partition_by=c.event_id).label("count")
        ranked = select(webhook_attempts, newest, count).where(c.event_id.in_(event_ids)).subquery()
        query = select(ranked).where(ranked.c.place <= MAX_ATTEMPTS).order_by(ranked.c.id.desc())
        rows: Iterable[Any] = (await self._connection.execute(query)).mappings()
        found: dict[int, tuple[int, tuple[Attempt, ...]]] = {}
        for row in rows:
            attempt = Attempt(row["tm"], row["http_status"], row["duration_ms"], row["error"])
            _, before = found.get(row["event_id"], (0, ()))
            found[row["event_id"]] = row["count"], (*before, attempt)
        return found


def _delivery(
    event_id: int,
    type_: str,
    count: int,
    attempts: tuple[Attempt, ...],
    *,
    waiting: dict[int, datetime],
) -> Delivery:
    state: State = "delivered" if attempts and is_accepted(attempts[0].http_status) else "undelivered"
    if event_id in waiting:
        state = "waiting"
    return Delivery(event_id, type_, state, count, attempts, waiting.get(event_id))
