"""Statement: SQL that SQLAlchemy compiles once for each dialect, and that then runs on the driver itself.

Building and compiling a query costs ten times what SQLite needs to run it. What is executed for every call, event
and request is therefore a Statement, a constant of its module; its variable values are ``bindparam``s, and the
columns of an INSERT or the SET clause of an UPDATE. SQLAlchemy reserves the columns' names for that clause: in its
WHERE clause a ``bindparam`` gets a trailing underscore, which the name of its value does not have.

A Statement must concern a few rows, found by an index: on SQLite it runs on the event loop's thread.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Delete,
    Float,
    Insert,
    Numeric,
    Select,
    Table,
    Update,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.type_api import TypeEngine

from mixminus.store.tables.columns import NODE_ID

__all__ = ["Compiled", "Statement", "inserting", "lookup", "updating"]

_Process = Callable[[Any], Any]


class Compiled:
    """A statement in the SQL of one dialect, with the conversions of its values."""

    def __init__(
        self, query: Select[Any] | Insert | Update | Delete, columns: Sequence[str] | None, dialect: Dialect
    ) -> None:
        compiled: Any = query.compile(dialect=dialect, column_keys=columns)
        self.sql: str = compiled.string
        self._binds: list[tuple[str | None, Any]] = []
        """Names of values with their conversions; a constant has no name."""
        for name in compiled.positiontup or ():
            bind = compiled.binds[name]
            convert = _impl(bind.type, dialect).bind_processor(dialect)
            if bind.required:
                self._binds.append((bind.key.removesuffix("_"), convert))
            else:
                constant = bind.effective_value
                self._binds.append((None, convert(constant) if convert else constant))
        described = (
            query.column_descriptions if isinstance(query, Select) else query.returning_column_descriptions
        )
        self._results: list[tuple[str, _Process | None]] = [
            (each["name"], _result_processor(each["type"], dialect)) for each in described
        ]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the driver's arguments in their order."""
        return [
            convert if name is None else convert(values[name]) if convert else values[name]
            for name, convert in self._binds
        ]

    def decoded(self, rows: Iterable[Iterable[Any]]) -> list[dict[str, Any]]:
        """Return the driver's rows as dictionaries of Python values."""
        return [
            {
                name: value if convert is None or value is None else convert(value)
                for (name, convert), value in zip(self._results, row, strict=True)
            }
            for row in rows
        ]


class Statement:
    """A query that is compiled when it is first executed, and kept."""

    def __init__(
        self, query: Select[Any] | Insert | Update | Delete, columns: Sequence[str] | None = None
    ) -> None:
        """``columns`` are those that an INSERT or UPDATE gets values for; all without it."""
        self._query = query
        self._columns = columns
        self._compiled: dict[str, Compiled] = {}

    def compiled(self, dialect: Dialect) -> Compiled:
        """Return the statement in the SQL of a dialect."""
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = Compiled(self._query, self._columns, dialect)
        return found


def inserting(table: Table) -> Statement:
    """Return the INSERT of a row of the table, from the values of all its columns."""
    return Statement(insert(table))


def updating(table: Table) -> Statement:
    """Return the UPDATE of a row of the table that is found by its id, from the values of all its columns.

    The node that wrote it stays.
    """
    query = update(table).where(table.c.id == bindparam("id_"))
    return Statement(query, [column.name for column in table.c if column.name not in ("id", NODE_ID)])


def lookup(table: Table, *, for_update: bool = False) -> Statement:
    """Return the SELECT of a row of the table by its id; ``for_update`` locks it until the transaction ends."""
    columns = [column for column in table.c if column.name != NODE_ID]
    query = select(*columns).where(table.c.id == bindparam("id"))
    return Statement(query.with_for_update() if for_update else query)


def _result_processor(type_: TypeEngine[Any], dialect: Dialect) -> _Process | None:
    """Return the conversion of a column; none for numbers, which both drivers return as they are."""
    return (
        None if isinstance(type_, Float | Numeric) else _impl(type_, dialect).result_processor(dialect, None)
    )


def _impl(type_: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    return type_.dialect_impl(dialect)
