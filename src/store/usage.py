"""Rows of usage, of balances and of credits, and the mark of a running server."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from mixminus.model.conference import ConferencecallStatus
from mixminus.model.ids import CustomerId
from mixminus.model.usage import Balance, Credit, Grouping, Share, Usage, UsageSpan
from mixminus.store.connection import Connection
from mixminus.store.page import Page
from mixminus.store.statement import Statement, inserting
from mixminus.store.tables import (
    balances,
    conferencecalls,
    conferences,
    credits,
    is_present,
    running_marks,
    usage,
)

__all__ = ["BalanceRows", "RunningMarkRows", "UsageRows"]

_SUMS: Final = ("participants", "duration_us", "minutes", "credits")
_NEW: Final = insert(usage)
# SQLite has the same clause.
_ADD: Final = Statement(
    _NEW.on_conflict_do_update(
        index_elements=["customer_id", "day", "conference_id"],
        set_={name: usage.c[name] + _NEW.excluded[name] for name in _SUMS},
    )
)
_PRESENT: Final = Statement(
    select(conferencecalls.c.tm_join).where(
        conferencecalls.c.customer_id == bindparam("customer_id"),
        is_present(),
        conferencecalls.c.tm_join.is_not(None),
    )
)
_BALANCE: Final = select(balances).where(balances.c.customer_id == bindparam("customer_id"))
_FIND: Final = Statement(_BALANCE)
_LOCK: Final = Statement(_BALANCE.with_for_update())
_SAVE: Final = Statement(
    update(balances).where(balances.c.customer_id == bindparam("customer_id_")),
    ["credits", "tm_exhausted", "tm_update"],
)
_OPEN: Final = inserting(balances)
_CREDIT: Final = inserting(credits)
_MARK: Final = insert(running_marks)
_SET_MARK: Final = Statement(
    _MARK.on_conflict_do_update(index_elements=["name"], set_={"tm": _MARK.excluded.tm})
)
_NAME: Final = "server"


class UsageRows:
    """Adds up and reports participants' time within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, customer_id: CustomerId, conference_id: UUID, share: Share, credits: int) -> None:
        """Add time of participants that have left a room, on one day."""
        values = {"customer_id": customer_id, "conference_id": conference_id, "credits": credits}
        await self._connection.run(_ADD, values | asdict(share))

    async def joinings(self, customer_id: CustomerId) -> list[datetime]:
        """Return when each participant that is in a room of the customer has joined."""
        rows = await self._connection.fetch(_PRESENT, customer_id=customer_id)
        return [row["tm_join"] for row in rows]

    async def report(
        self,
        customer_id: CustomerId,
        span: UsageSpan,
        grouping: Grouping,
        *,
        after: tuple[date | None, UUID | None] | None = None,
        limit: int,
    ) -> list[Usage]:
        """Return usage in a fixed order: by day, newest first, and by the id of the room.

        ``after`` are day and room of the last row of the page before, None where rows are of all days or rooms.
        """
        rows = await self._connection.execute(_report(customer_id, span, grouping, after, limit))
        return [Usage(**row) for row in rows.mappings()]


class BalanceRows:
    """Reads and writes balances and their credits within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def find(self, customer_id: CustomerId) -> Balance | None:
        """Return a customer's balance; None without one."""
        rows = await self._connection.fetch(_FIND, customer_id=customer_id)
        return Balance(**rows[0]) if rows else None

    async def find_for_update(self, customer_id: CustomerId) -> Balance | None:
        """Return a customer's balance, locked until the transaction ends; None without one."""
        rows = await self._connection.fetch(_LOCK, customer_id=customer_id)
        return Balance(**rows[0]) if rows else None

    async def open(self, balance: Balance) -> None:
        """Insert a balance; IntegrityError if the customer has one."""
        await self._connection.run(_OPEN, asdict(balance))

    async def save(self, balance: Balance) -> None:
        """Write a balance."""
        await self._connection.run(_SAVE, asdict(balance))

    async def add_credit(self, credit: Credit) -> None:
        """Insert a credit; IntegrityError if its id is in use."""
        await self._connection.run(_CREDIT, asdict(credit))

    async def find_credit(self, credit_id: UUID) -> Credit | None:
        """Return a credit by its id."""
        rows = (await self._connection.execute(select(credits).where(credits.c.id == credit_id))).mappings()
        return next((Credit(**row) for row in rows), None)

    async def credit_page(self, customer_id: CustomerId, page: Page) -> list[Credit]:
        """Return the credits of a customer, newest first."""
        c = credits.c
        query = select(credits).where(c.customer_id == customer_id, c.tm_create < page.before)
        rows = await self._connection.execute(query.order_by(c.tm_create.desc()).limit(page.size))
        return [Credit(**row) for row in rows.mappings()]

    async def customers(self) -> list[CustomerId]:
        """Return the customers that have a balance."""
        return [*await self._connection.scalars(select(balances.c.customer_id))]

    async def in_use(self) -> list[Balance]:
        """Return the balances of customers that have participants in rooms."""
        present = select(conferencecalls.c.customer_id).where(
            is_present(), conferencecalls.c.status != ConferencecallStatus.LEAVING
        )
        rows = await self._connection.execute(select(balances).where(balances.c.customer_id.in_(present)))
        return [Balance(**row) for row in rows.mappings()]


class RunningMarkRows:
    """Reads and writes when the server has last noted that it runs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def set(self, now: datetime) -> None:
        await self._connection.run(_SET_MARK, {"name": _NAME, "tm": now})

    async def find(self) -> datetime | None:
        query = select(running_marks.c.tm).where(running_marks.c.name == _NAME)
        found: datetime | None = await self._connection.scalar(query)
        return found


def _report(
    customer_id: CustomerId,
    span: UsageSpan,
    grouping: Grouping,
    after: tuple[date | None, UUID | None] | None,
    limit: int,
) -> Select[Any]:
    """Return the query of a page: it reads the rows that it adds up in the order of an index, and then the rooms' names."""
    c = usage.c
    keys = {"day_room": (c.day, c.conference_id), "day": (c.day,), "room": (c.conference_id,)}[grouping]
    sums: Sequence[ColumnElement[Any]] = [cast(func.sum(c[name]), BigInteger).label(name) for name in _SUMS]
    summed = select(*keys, *sums).where(c.customer_id == customer_id, *_within(span))
    if after is not None:
        values = [value for value in after if value is not None]
        summed = summed.where(tuple_(*keys) < tuple_(*values) if len(keys) > 1 else keys[0] < values[0])
    page = summed.group_by(*keys).order_by(*(key.desc() for key in keys)).limit(limit).subquery()
    order = [page.c[key.name].desc() for key in keys]
    has_room = "room" in grouping
    named = select(
        (page.c.day if "day" in grouping else null()).label("day"),
        (page.c.conference_id if has_room else null()).label("conference_id"),
        (conferences.c.name if has_room else literal("")).label("conference_name"),
        *(page.c[name] for name in _SUMS),
    ).order_by(*order)
    return named.join(conferences, conferences.c.id == page.c.conference_id) if has_room else named


def _within(span: UsageSpan) -> list[ColumnElement[bool]]:
    c = usage.c
    conditions: list[ColumnElement[bool]] = []
    if span.since:
        conditions.append(c.day >= span.since)
    if span.until:
        conditions.append(c.day <= span.until)
    if span.conference_id:
        conditions.append(c.conference_id == span.conference_id)
    return conditions
