"""Rows: one table whose rows are objects, written and found by their id within one transaction."""

import functools
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Select, Table, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from mixminus.errors import AlreadyExists
from mixminus.model.ids import NIL, CustomerId
from mixminus.store.connection import Connection
from mixminus.store.page import Page
from mixminus.store.statement import Statement, inserting, lookup, updating
from mixminus.store.tables import NODE_ID

__all__ = ["Rows"]


class Identified(Protocol):
    """An object with an id, and the time of its last change."""

    @property
    def id(self) -> Any: ...
    @property
    def tm_update(self) -> datetime | None: ...


Row = TypeVar("Row", bound=Identified)


class Rows(Generic[Row]):
    """Reads and writes one table; a subclass names it, and converts between its columns and its objects."""

    table: ClassVar[Table]
    taken: ClassVar[str] = "the id is taken"
    """What AlreadyExists says when a row cannot be inserted."""
    _names: ClassVar[tuple[str, ...]]
    """Of all columns but the node's."""
    _read: ClassVar["attrgetter[tuple[Any, ...]]"]
    """Returns an object's fields of these names."""
    _insert: ClassVar[Statement]
    _update: ClassVar[Statement]
    _find: ClassVar[Statement]
    _lock: ClassVar[Statement]

    def __init_subclass__(cls) -> None:
        cls._names = tuple(column.name for column in cls.table.c if column.name != NODE_ID)
        cls._read = attrgetter(*cls._names)
        cls._insert, cls._update = inserting(cls.table), updating(cls.table)
        cls._find, cls._lock = lookup(cls.table), lookup(cls.table, for_update=True)

    def __init__(self, connection: Connection, node_id: UUID = NIL) -> None:
        """``node_id`` is written with new rows, where the table has a column for it."""
        self._connection = connection
        self._node_id = node_id

    async def add(self, row: Row) -> None:
        """Insert a row; an id, or a name, that is in use raises AlreadyExists."""
        try:
            await self._connection.run(self._insert, {**self._columns(row), NODE_ID: self._node_id})
        except IntegrityError as exc:
            raise AlreadyExists(self.taken) from exc

    async def save(self, row: Row) -> None:
        """Update the row of an object."""
        await self._connection.run(self._update, self._columns(row))

    async def save_if(self, before: Row, after: Row) -> bool:
        """Write what differs if the row's ``tm_update`` is that of ``before``; return whether it was.

        So a row is changed by its owner without being read. ``tm_update`` is the row's version: every change sets a
        later one. On PostgreSQL an UPDATE that waits for another transaction compares again when that one has ended.
        """
        values = self._columns(after)
        fields = zip(self._names, self._read(before), self._read(after), strict=True)
        # A copy has most values of its original, which need not be compared.
        changed = {name: values[name] for name, was, now in fields if was is not now and was != now}
        return await self._write_if(before, changed)

    async def _write_if(self, before: Row, changed: Mapping[str, Any]) -> bool:
        values = {**changed, "id": before.id, "version": before.tm_update}
        return await self._connection.run(_comparing(self.table, tuple(changed)), values) == 1

    async def find(self, row_id: UUID) -> Row | None:
        """Return the object of an id; None if there is none."""
        return await self._first(self._find, id=row_id)

    async def find_for_update(self, row_id: UUID) -> Row | None:
        """Return the object of an id, locked until the transaction ends; None if there is none."""
        return await self._first(self._lock, id=row_id)

    async def page(self, customer_id: CustomerId, page: Page) -> list[Row]:
        """Return the customer's undeleted rows, newest first."""
        return await self._page(customer_id, page, self.table.c.tm_delete.is_(None))

    async def _page(self, customer_id: CustomerId, page: Page, *conditions: Any) -> list[Row]:
        c = self.table.c
        query = select(self.table).where(c.customer_id == customer_id, c.tm_create < page.before, *conditions)
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    async def _first(self, statement: Statement, **values: Any) -> Row | None:
        rows = await self._connection.fetch(statement, **values)
        return next(iter(await self._complete([self._model(row) for row in rows])), None)

    async def _one(self, query: Select[Any]) -> Row | None:
        return next(iter(await self._many(query)), None)

    async def _many(self, query: Select[Any]) -> list[Row]:
        rows = (await self._connection.execute(query)).mappings()
        found = [{name: value for name, value in row.items() if name != NODE_ID} for row in rows]
        return await self._complete([self._model(row) for row in found])

    async def _complete(self, found: Sequence[Row]) -> list[Row]:
        """Return objects with what other tables know of them."""
        return list(found)

    def _columns(self, row: Row) -> dict[str, Any]:
        """Return the values of all columns but the node's."""
        return dict(zip(self._names, self._read(row), strict=True))

    def _model(self, row: Mapping[str, Any]) -> Row:
        """Return the object of a row."""
        raise NotImplementedError


@functools.cache
def _comparing(table: Table, names: tuple[str, ...]) -> Statement:
    """Return the statement that writes these columns of a version; few sets of columns ever change together."""
    c = table.c
    version = bindparam("version", type_=c.tm_update.type)
    query = update(table).where(c.id == bindparam("id_"), c.tm_update.is_not_distinct_from(version))
    return Statement(query, names)
