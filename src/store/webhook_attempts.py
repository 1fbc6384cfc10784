"""Attempts to deliver events to webhooks of customers and activeflows, and what became of each event."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import delete, func, insert, null, select

from mixminus.model.ids import CustomerId
from mixminus.store.connection import Connection
from mixminus.store.outbox import Event
from mixminus.store.tables import activeflow_retries, outbox, webhook_attempts, webhook_retries

__all__ = ["Attempt", "Delivery", "State", "WebhookAttemptRows", "WebhookType", "is_accepted"]

MAX_ATTEMPTS: Final = 20
"""Attempts of an event that are read; an event that waits for a day has a hundred."""
State = Literal["waiting", "delivered", "undelivered"]
WebhookType = Literal["customer", "activeflow"]


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
    webhook_type: WebhookType
    webhook_id: UUID
    """Id of the customer or of the activeflow whose webhook it is."""
    state: State
    attempt_count: int
    attempts: tuple[Attempt, ...]
    tm_next: datetime | None
    """When the next attempt is due; None unless the event waits."""


_Key = tuple[int, UUID | None]
"""An event and the activeflow whose webhook it is sent to; None is the customer's webhook."""
_Attempts = tuple[int, tuple[Attempt, ...]]
"""The number of attempts, and the last ones."""


class WebhookAttemptRows:
    """Reads and writes attempts within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, event: Event, attempt: Attempt, activeflow_id: UUID | None = None) -> None:
        """Store an attempt at the webhook of an activeflow, or of the customer if none is named."""
        of = {"event_id": event.id, "customer_id": event.customer_id, "activeflow_id": activeflow_id}
        await self._connection.execute(insert(webhook_attempts).values(of | asdict(attempt)))

    async def page(self, customer_id: CustomerId, before: int, limit: int) -> list[Delivery]:
        """Return the deliveries of ``limit`` events with ids below ``before``, newest first.

        An event has two if it is sent to the customer's webhook and to its activeflow's.
        """
        ids: set[int] = set()
        waits = activeflow_retries.c.tm_next.is_not(None)
        for c, wanted in (
            (webhook_attempts.c, ()),
            (webhook_retries.c, ()),
            (activeflow_retries.c, (waits,)),
        ):
            mine = select(c.event_id).where(c.customer_id == customer_id, c.event_id < before, *wanted)
            query = mine.group_by(c.event_id).order_by(c.event_id.desc()).limit(limit)
            ids.update(await self._connection.scalars(query))
        chosen = sorted(ids, reverse=True)[:limit]
        return await self._deliveries(customer_id, chosen) if chosen else []

    async def prune(self, before: datetime, limit: int) -> int:
        """Delete attempts from before a moment; return how many."""
        c = webhook_attempts.c
        old = select(c.id).where(c.tm < before).order_by(c.tm).limit(limit)
        return await self._connection.change(delete(webhook_attempts).where(c.id.in_(old)))

    async def _deliveries(self, customer_id: CustomerId, event_ids: Sequence[int]) -> list[Delivery]:
        attempts, waiting = await self._attempts(event_ids), await self._waiting(event_ids)
        query = select(outbox.c.id, outbox.c.type).where(outbox.c.id.in_(event_ids))
        types = {row.id: row.type for row in await self._connection.execute(query)}
        # Newest first; the customer's webhook before the activeflow's.
        keys = sorted(attempts.keys() | waiting.keys(), key=lambda key: (-key[0], key[1] is not None))
        return [
            _delivery(customer_id, key, types[key[0]], attempts.get(key, (0, ())), waiting.get(key))
            for key in keys
            if key[0] in types
        ]

    async def _waiting(self, event_ids: Sequence[int]) -> dict[_Key, datetime]:
        """Return when the next attempt of each event that waits is due."""
        c, flows = webhook_retries.c, activeflow_retries.c
        of_customer = select(c.event_id, null().label("activeflow_id"), c.tm_next)
        of_activeflow = select(flows.event_id, flows.activeflow_id, flows.tm_next)
        queries = (
            of_customer.where(c.event_id.in_(event_ids)),
            of_activeflow.where(flows.event_id.in_(event_ids), flows.tm_next.is_not(None)),
        )
        rows = [row for query in queries for row in await self._connection.execute(query)]
        return {(row.event_id, row.activeflow_id): row.tm_next for row in rows}

    async def _attempts(self, event_ids: Sequence[int]) -> dict[_Key, _Attempts]:
        """Return the attempts of each event at each webhook."""
        c = webhook_attempts.c
        webhook = (c.event_id, c.activeflow_id)
        newest = func.row_number().over(partition_by=webhook, order_by=c.id.desc()).label("place")
        count = func.count().over(partition_by=webhook).label("count")
        ranked = select(webhook_attempts, newest, count).where(c.event_id.in_(event_ids)).subquery()
        query = select(ranked).where(ranked.c.place <= MAX_ATTEMPTS).order_by(ranked.c.id.desc())
        rows: Iterable[Any] = (await self._connection.execute(query)).mappings()
        found: dict[_Key, _Attempts] = {}
        for row in rows:
            attempt = Attempt(row["tm"], row["http_status"], row["duration_ms"], row["error"])
            key = row["event_id"], row["activeflow_id"]
            _, before = found.get(key, (0, ()))
            found[key] = row["count"], (*before, attempt)
        return found


def _delivery(
    customer_id: CustomerId, key: _Key, type_: str, counted: _Attempts, tm_next: datetime | None
) -> Delivery:
    event_id, activeflow_id = key
    count, attempts = counted
    state: State = "delivered" if attempts and is_accepted(attempts[0].http_status) else "undelivered"
    return Delivery(
        event_id,
        type_,
        webhook_type="customer" if activeflow_id is None else "activeflow",
        webhook_id=activeflow_id or customer_id,
        state="waiting" if tm_next else state,
        attempt_count=count,
        attempts=attempts,
        tm_next=tm_next,
    )
