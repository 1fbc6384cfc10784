"""Audit rows: inserted, listed and pruned, never changed."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from mixminus.model.audit import Audit
from mixminus.model.ids import CustomerId
from mixminus.store.connection import Connection
from mixminus.store.page import Page
from mixminus.store.statement import Statement
from mixminus.store.tables import audits

__all__ = ["AuditRows"]

# SQLite has the same clause. A batch is written again if the server cannot know whether it was committed.
_INSERT: Final = Statement(insert(audits).on_conflict_do_nothing())
_NAMES: Final = tuple(each.name for each in fields(Audit))


class AuditRows:
    """Reads and writes audits within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, rows: Sequence[Audit]) -> None:
        for row in rows:
            await self._connection.run(_INSERT, {name: getattr(row, name) for name in _NAMES})

    async def page(self, customer_id: CustomerId, page: Page) -> list[Audit]:
        """Return the customer's audits, newest first."""
        c = audits.c
        query = select(audits).where(c.customer_id == customer_id, c.tm_create < page.before)
        rows = await self._connection.execute(query.order_by(c.tm_create.desc()).limit(page.size))
        return [Audit(**row) for row in rows.mappings()]

    async def oldest_of(self, count: int) -> datetime | None:
        """Return the time of the oldest of the newest ``count`` audits of all customers; None if there are fewer."""
        c = audits.c
        query = select(c.tm_create).order_by(c.tm_create.desc()).offset(count - 1).limit(1)
        found: datetime | None = await self._connection.scalar(query)
        return found

    async def prune(self, before: datetime, limit: int) -> int:
        """Delete audits from before a moment, at most ``limit``; return how many."""
        c = audits.c
        old = select(c.id).where(c.tm_create < before).limit(limit)
        return await self._connection.change(delete(audits).where(c.id.in_(old)))
