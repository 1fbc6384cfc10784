"""Related: the rows of one table that refer to rows of another, such as the recordings of conferences."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Select, bindparam

from mixminus.store.connection import Connection
from mixminus.store.statement import Statement

__all__ = ["Related"]


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
        grouped: defaultdict[UUID, list[Mapping[Any, Any]]] = defaultdict(list)
        for row in rows:
            grouped[row[self._reference.name]].append(row)
        return grouped
