"""Related: the rows of one table that refer to rows of another, such as the recordings of conferences."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Select, Table, bindparam, func, literal, select, true

from mixminus.store.connection import Connection
from mixminus.store.statement import Statement

__all__ = ["NEWEST", "Newest", "Related"]

NEWEST: Final = 100
"""How many of the rows that only grow in number are read with the row that they refer to."""
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Related:
    """A query whose rows are grouped by what they refer to; for one reference it is a short statement."""

    def __init__(self, query: Select[Any], reference: Column[Any]) -> None:
        """``query`` selects ``reference`` among others, and has no condition on it."""
        self._query = query
        self._reference = reference
        self._of_one = Statement(query.where(reference == bindparam("reference")))

    async def of(
        self, connection: Connection, references: Collection[UUID]
    ) -> dict[UUID, list[Mapping[Any, Any]]]:
        """Return the rows by reference, in the query's order; an empty list for a reference without any."""
        rows: list[Any]
        if len(references) == 1:
            (reference,) = references
            rows = list(await connection.fetch(self._of_one, reference=reference))
        else:
            query = self._query.where(self._reference.in_(references))
            rows = list((await connection.execute(query)).mappings())
        return _grouped(rows, self._reference)


class Newest:
    """The newest ``NEWEST`` rows of each reference, by ``tm_create``; an index must begin with both columns.

    What is older is not read: a room with 100,000 recordings costs as much as one with 100.
    """

    def __init__(self, query: Select[Any], reference: Column[Any]) -> None:
        """``query`` selects ``reference`` among others from its table, without a condition on it and without order."""
        self._tm_create = reference.table.c.tm_create
        self._query = query.add_columns(self._tm_create)
        self._reference = reference
        self._of_one = Statement(self._latest(bindparam("reference")).limit(NEWEST))

    async def of(
        self, connection: Connection, references: Collection[UUID], owners: Table
    ) -> dict[UUID, list[Mapping[Any, Any]]]:
        """Return the rows by reference, oldest first; an empty list for a reference without any.

        ``references`` are ids of rows of ``owners``.
        """
        rows: list[Any] = []
        if len(references) == 1:
            (reference,) = references
            rows = list(await connection.fetch(self._of_one, reference=reference))
        elif references:
            of_all = self._by_lateral if connection.dialect.name == "postgresql" else self._by_range
            query = of_all(owners).where(owners.c.id.in_(references))
            rows = list((await connection.execute(query)).mappings())
        return {found: each[:NEWEST][::-1] for found, each in _grouped(rows, self._reference).items()}

    def _latest(self, reference: ColumnElement[Any]) -> Select[Any]:
        return self._query.where(self._reference == reference).order_by(self._tm_create.desc())

    def _by_lateral(self, owners: Table) -> Select[Any]:
        """Return the query that reads the newest rows for each owner: any other join reads all rows of PostgreSQL."""
        newest = self._latest(owners.c.id).limit(NEWEST).correlate(owners).lateral()
        return select(newest).select_from(owners.join(newest, true())).order_by(newest.c.tm_create.desc())

    def _by_range(self, owners: Table) -> Select[Any]:
        """Return the query that reads a range of the index for each owner: SQLite has no LATERAL."""
        latest = self._latest(owners.c.id).with_only_columns(self._tm_create)
        since = latest.offset(NEWEST - 1).limit(1).correlate(owners).scalar_subquery()
        earliest = literal(_EARLIEST, self._tm_create.type)
        query = self._query.join(owners, self._reference == owners.c.id)
        return query.where(self._tm_create >= func.coalesce(since, earliest)).order_by(self._tm_create.desc())


def _grouped(rows: Iterable[Any], reference: Column[Any]) -> dict[UUID, list[Mapping[Any, Any]]]:
    grouped: defaultdict[UUID, list[Mapping[Any, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row[reference.name]].append(row)
    return grouped
