"""Optimistic writes: a row is changed by its owner without being read, if nothing else has changed it.

``tm_update`` is the row's version: every change of a row sets a later one. On PostgreSQL an UPDATE that waits
for another transaction compares again when that one has ended.
"""

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Table, Update, bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

__all__ = ["save_if"]


class _Versioned(Protocol):
    @property
    def id(self) -> Any: ...
    @property
    def tm_update(self) -> datetime | None: ...


Row = TypeVar("Row", bound=_Versioned)


async def save_if(
    connection: AsyncConnection,
    table: Table,
    before: Row,
    after: Row,
    columns: Callable[[Row], dict[str, Any]],
) -> bool:
    """Write the columns that differ if the row's ``tm_update`` is that of ``before``; return whether it was."""
    old = columns(before)
    changed = {name: value for name, value in columns(after).items() if value != old[name]}
    values = {"row_id": before.id, "version": before.tm_update}
    values |= {f"new_{name}": value for name, value in changed.items()}
    return (await connection.execute(_query(table, tuple(changed)), values)).rowcount == 1


@functools.cache
def _query(table: Table, names: tuple[str, ...]) -> Update:
    """Return the statement that writes these columns; few sets of columns ever change together."""
    c = table.c
    query = update(table).where(
        c.id == bindparam("row_id", type_=c.id.type),
        c.tm_update.is_not_distinct_from(bindparam("version", type_=c.tm_update.type)),
    )
    return query.values({name: bindparam(f"new_{name}", type_=c[name].type) for name in names})
