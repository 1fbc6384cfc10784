"""The outbox: every event is a row written in the transaction of its change.

Events of one stream (a conference, or a customer for what belongs to no conference)
are numbered from 1 without gaps; ``id`` orders the events of all streams.

PostgreSQL assigns ids when rows are inserted and shows the rows when they are committed, so that
a lower id may appear after a higher one. A reader by id therefore stops at a missing id, notes which
transactions write events now (``writers``), and continues when they have ended: by then the id is there, or
never will be. What others do on the same PostgreSQL, for however long, is not waited for. SQLite has one writer
at a time and no such gaps.

Where several nodes share the database, an event of a room is written by its home alone (``fence``).
"""

import functools
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from mixminus.model.ids import NIL, CustomerId
from mixminus.store.connection import Connection
from mixminus.store.fence import Fence
from mixminus.store.statement import Statement, inserting
from mixminus.store.tables import (
    activeflow_cursors,
    activeflow_retries,
    activeflows,
    event_streams,
    outbox,
    webhook_cursors,
    webhook_retries,
)

__all__ = ["Draft", "Event", "OutboxRows", "Span"]

_ROWS_AN_INSERT: Final = 50
"""Events that one statement inserts: rendering them as JSON must not keep the loop busy for long."""

_FEW: Final = 8
"""Up to so many events one statement, kept for each number, inserts all; SQLAlchemy writes that for more each time."""
_OPEN: Final = inserting(event_streams)
_COUNT: Final = Statement(
    update(event_streams)
    .where(event_streams.c.id == bindparam("stream_id"))
    .values(number=event_streams.c.number + bindparam("count"))
    .returning(event_streams.c.number)
)
_IS_HOME: Final = and_(
    event_streams.c.node_id == bindparam("me"),
    event_streams.c.epoch == bindparam("mine"),
)
_COUNT_AT_HOME: Final = Statement(
    update(event_streams)
    .where(event_streams.c.id == bindparam("stream_id"), _IS_HOME)
    .values(number=event_streams.c.number + bindparam("count"))
    .returning(event_streams.c.number)
)
_COUNT_HOMELESS: Final = Statement(
    update(event_streams)
    .where(event_streams.c.id == bindparam("stream_id"), event_streams.c.node_id == NIL)
    .values(number=event_streams.c.number + bindparam("count"))
    .returning(event_streams.c.number)
)
_GUARD: Final = Statement(
    select(event_streams.c.number)
    .where(event_streams.c.id == bindparam("stream_id"), _IS_HOME)
    .with_for_update(read=True)
)
_LEAVE: Final = Statement(
    update(event_streams).where(event_streams.c.id == bindparam("stream_id"), _IS_HOME).values(node_id=NIL)
)
_WRITTEN: Final = [column for column in outbox.c if column.name != "id"]
_TAIL: Final = Statement(
    select(outbox).where(outbox.c.id > bindparam("after")).order_by(outbox.c.id).limit(bindparam("limit"))
)
_WRITERS: Final = text("""
SELECT virtualtransaction FROM pg_locks
WHERE relation = 'outbox'::regclass AND mode = 'RowExclusiveLock' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")
"""A transaction has this lock before the sequence gives it an id, and until its rows are shown."""
_ADD_IN_ORDER: Final = insert(outbox).returning(outbox.c.id, sort_by_parameter_order=True)


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
    activeflow_id: UUID | None = None
    """The activeflow that the event is about, if any."""

    @property
    def is_erased(self) -> bool:
        """Whether nothing but ids is left of its data, because what it is about has ended and was erased."""
        return "erased" in self.data


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that is not stored yet; ``data`` consists of JSON values."""

    stream_id: UUID
    type: str
    customer_id: CustomerId
    data: dict[str, Any]
    tm: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """The ids above ``after``, up to and including ``until``."""

    after: int
    until: int


class OutboxRows:
    """Reads and writes events within one transaction."""

    def __init__(self, connection: Connection, fence: Fence) -> None:
        self._connection = connection
        self._fence = fence
        self._drafts: list[Draft] = []
        self._guarded: list[UUID] = []
        self._left: list[UUID] = []
        self._reported: set[UUID] = set()
        self.written: list[Event] = []
        """The events that this transaction has written, in order."""

    async def open(self, stream_id: UUID, *, homed: bool = False) -> None:
        """Create a stream, in the transaction that creates its subject; ``homed``: this node is its home."""
        epoch, node_id = (1, self._fence.node_id) if homed and not self._fence.alone else (0, NIL)
        await self._connection.run(_OPEN, {"id": stream_id, "number": 0, "epoch": epoch, "node_id": node_id})
        if epoch:
            self._fence.hold(stream_id, epoch)

    def guard(self, stream_id: UUID) -> None:
        """Refuse the transaction unless this node is a stream's home when it commits."""
        if not self._fence.alone:
            self._guarded.append(stream_id)

    def report(self, stream_id: UUID) -> None:
        """Number this transaction's events of a stream also where another node is its home.

        For what this node alone can know, as that a file on its disk is complete; the transaction must not change the
        room. The stream's row orders the events of both nodes.
        """
        self._reported.add(stream_id)

    def committed(self) -> None:
        """Note which streams have no home any more."""
        for stream_id in self._left:
            self._fence.let_go(stream_id)

    def leave(self, stream_id: UUID) -> None:
        """Leave a stream without a home, after the events of this transaction."""
        if not self._fence.alone:
            self._left.append(stream_id)

    def add(self, draft: Draft) -> None:
        """Append an event to its stream, when the transaction is committed."""
        self._drafts.append(draft)

    async def write(self) -> None:
        """Write the events that were added, in this order, before the transaction is committed.

        That takes one statement for each stream, and one for the events, or for each ``_ROWS_AN_INSERT`` of them.
        """
        drafts, self._drafts = self._drafts, []
        numbers: dict[UUID, Iterator[int]] = {}
        # In the order of their ids: transactions that lock several streams must not wait for each other.
        for stream_id, added in sorted(Counter(draft.stream_id for draft in drafts).items()):
            numbers[stream_id] = count(await self._last_number(stream_id, added) - added + 1)
        rows = [
            {
                "stream_id": draft.stream_id,
                "number": next(numbers[draft.stream_id]),
                "customer_id": draft.customer_id,
                "type": draft.type,
                "data": draft.data,
                "tm": draft.tm,
                "activeflow_id": _activeflow_id(draft.type, draft.data),
            }
            for draft in drafts
        ]
        for first in range(0, len(rows), _ROWS_AN_INSERT):
            await self._insert(rows[first : first + _ROWS_AN_INSERT])
        await self._check_homes()

    async def _check_homes(self) -> None:
        for stream_id in self._guarded:
            claim = self._claim(stream_id)
            if not await self._connection.fetch(_GUARD, **claim):
                raise self._fence.refused(stream_id, claim["mine"])
        for stream_id in self._left:
            await self._connection.run(_LEAVE, self._claim(stream_id))

    def _claim(self, stream_id: UUID) -> dict[str, Any]:
        return {
            "stream_id": stream_id,
            "me": self._fence.node_id,
            "mine": self._fence.epoch_of(stream_id),
        }

    async def _insert(self, rows: list[dict[str, Any]]) -> None:
        if len(rows) <= _FEW:
            values = {_nth(name, place): row[name] for place, row in enumerate(rows) for name in row}
            # They are given in the order of VALUES; that in which they are returned is not promised.
            ids = sorted(found["id"] for found in await self._connection.fetch(_adding(len(rows)), **values))
        else:
            ids = list((await self._connection.execute(_ADD_IN_ORDER, rows)).scalars())
        self.written += [Event(id=id_, **row) for id_, row in zip(ids, rows, strict=True)]

    async def read(self, stream_id: UUID, after: int = 0, limit: int = 1000) -> list[Event]:
        """Return a stream's events whose number is greater, in order."""
        query = select(outbox).where(outbox.c.stream_id == stream_id, outbox.c.number > after)
        return await self._many(query.order_by(outbox.c.number).limit(limit))

    async def tail(self, after: int, limit: int) -> list[Event]:
        """Return all customers' events whose id is greater, in order; a hundred at most."""
        return [Event(**row) for row in await self._connection.fetch(_TAIL, after=after, limit=limit)]

    async def of_customer(
        self, customer_id: CustomerId, span: Span, limit: int, stream_id: UUID | None = None
    ) -> list[Event]:
        """Return the customer's events within a span of ids, in order; of one stream if it is named."""
        c = outbox.c
        query = select(outbox).where(c.customer_id == customer_id, c.id > span.after, c.id <= span.until)
        if stream_id is not None:
            query = query.where(c.stream_id == stream_id)
        return await self._many(query.order_by(c.id).limit(limit))

    async def of_activeflow(self, activeflow_id: UUID, span: Span, limit: int) -> list[Event]:
        """Return the events about an activeflow within a span of ids, in order."""
        c = outbox.c
        query = select(outbox).where(c.activeflow_id == activeflow_id, c.id > span.after, c.id <= span.until)
        return await self._many(query.order_by(c.id).limit(limit))

    async def newest(self) -> int:
        """Return the greatest id, 0 if there is no event."""
        return await self._connection.scalar(select(func.max(outbox.c.id))) or 0

    async def newest_until(self, customer_id: CustomerId, moment: datetime) -> int:
        """Return the greatest id of the customer's events up to a moment, 0 if there is none."""
        c = outbox.c
        query = select(func.max(c.id)).where(c.customer_id == customer_id, c.tm <= moment)
        return await self._connection.scalar(query) or 0

    async def prune(self, before: datetime, limit: int) -> int:
        """Delete the oldest events before a moment, except those that a webhook has yet to receive; return how many.

        The newest event is always kept: SQLite would reuse its id. Cursors of activeflows without events go as well.
        """
        c = outbox.c
        newest = select(func.max(c.id)).scalar_subquery()
        query = select(c.id, c.activeflow_id).where(c.tm < before, c.id < newest, ~_is_awaited())
        oldest = (await self._connection.execute(query.order_by(c.tm).limit(limit))).all()
        ids = [id_ for id_, _ in oldest]
        await self._connection.execute(delete(outbox).where(c.id.in_(ids)))
        given_up = activeflow_retries.c.event_id.in_(ids)
        await self._connection.execute(delete(activeflow_retries).where(given_up))
        await self._forget_activeflows({activeflow for _, activeflow in oldest if activeflow})
        return len(oldest)

    async def _forget_activeflows(self, activeflow_ids: Collection[UUID]) -> None:
        """Delete the cursors of those that have no events any more: later events are above every cursor."""
        cursors = activeflow_cursors.c
        has_events = exists().where(outbox.c.activeflow_id == cursors.activeflow_id)
        query = delete(activeflow_cursors).where(cursors.activeflow_id.in_(activeflow_ids), ~has_events)
        await self._connection.execute(query)

    async def writers(self) -> frozenset[str]:
        """Return the transactions that have begun to write events and have not ended; none on SQLite.

        To be read in a transaction before that which reads rows: what has ended is shown to those alone that begin later.
        """
        if self._connection.dialect.name != "postgresql":
            return frozenset()
        return frozenset((await self._connection.scalars(_WRITERS)).all())

    async def _many(self, query: Select[Any]) -> list[Event]:
        return [Event(**row) for row in (await self._connection.execute(query)).mappings()]

    async def _last_number(self, stream_id: UUID, count: int) -> int:
        """Raise the stream's number by ``count``; the row stays locked until commit, so that numbers have no gaps.

        Raises Fenced if another node is the stream's home.
        """
        if self._fence.alone or stream_id in self._reported:
            rows = await self._connection.fetch(_COUNT, stream_id=stream_id, count=count)
        else:
            # What this node holds must still be its own: a node that was declared gone holds what others have freed.
            held, epoch = self._fence.holds(stream_id), self._fence.epoch_of(stream_id)
            statement, claim = (
                (_COUNT_AT_HOME, self._claim(stream_id))
                if held
                else (_COUNT_HOMELESS, {"stream_id": stream_id})
            )
            rows = await self._connection.fetch(statement, count=count, **claim)
            if not rows:
                raise self._fence.refused(stream_id, epoch)
        number: int = rows[0]["number"]
        return number


@functools.cache
def _adding(count: int) -> Statement:
    """Return the statement that inserts so many events."""
    rows = [
        {each.name: bindparam(_nth(each.name, place), type_=each.type) for each in _WRITTEN}
        for place in range(count)
    ]
    return Statement(insert(outbox).values(rows).returning(outbox.c.id))


@functools.cache
def _nth(name: str, place: int) -> str:
    return f"{name}_{place}"


def _is_awaited() -> ColumnElement[bool]:
    """Return the condition that a webhook of the customer or of the activeflow has yet to receive an event."""
    c, customers, flows = outbox.c, webhook_cursors.c, activeflow_cursors.c
    by_customer = exists().where(customers.customer_id == c.customer_id, customers.event_id < c.id)
    # Inside another subquery, SQLAlchemy would otherwise read the outbox once more, and whole.
    received = (
        exists().where(flows.activeflow_id == c.activeflow_id, flows.event_id >= c.id).correlate(outbox)
    )
    by_activeflow = exists().where(
        activeflows.c.id == c.activeflow_id, activeflows.c.webhook_uri != "", ~received
    )
    is_retried = exists().where(webhook_retries.c.event_id == c.id)
    again = activeflow_retries.c
    is_retried_at_activeflow = exists().where(again.event_id == c.id, again.tm_next.is_not(None))
    return or_(by_customer, is_retried, by_activeflow, is_retried_at_activeflow)


def _activeflow_id(type_: str, data: dict[str, Any]) -> UUID | None:
    """Return the activeflow that an event's data names, if any."""
    named = data.get("id" if type_.startswith("activeflow_") else "activeflow_id")
    return _id_of(str(named)) if named else None


@functools.lru_cache(maxsize=1024)
def _id_of(text: str) -> UUID | None:
    """Return an id, None for nil; remembered, because all events of a call name the same activeflow."""
    found = UUID(text)
    return None if found == NIL else found
