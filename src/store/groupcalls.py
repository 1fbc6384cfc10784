"""Groupcall rows."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Select, insert, select, update

from mixminus.model.call import Address, Groupcall, GroupcallStatus
from mixminus.model.ids import CallId, CustomerId
from mixminus.store.connection import Connection
from mixminus.store.page import Page
from mixminus.store.tables import groupcalls

__all__ = ["GroupcallRows"]


class GroupcallRows:
    """Reads and writes groupcalls within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, groupcall: Groupcall) -> None:
        await self._connection.execute(insert(groupcalls).values(_columns(groupcall)))

    async def save(self, groupcall: Groupcall) -> None:
        """Update the row of a groupcall."""
        query = update(groupcalls).where(groupcalls.c.id == groupcall.id)
        await self._connection.execute(query.values(_columns(groupcall)))

    async def find(self, groupcall_id: UUID) -> Groupcall | None:
        found = await self._many(select(groupcalls).where(groupcalls.c.id == groupcall_id))
        return next(iter(found), None)

    async def find_for_update(self, groupcall_id: UUID) -> Groupcall | None:
        """Return the row, locked until the transaction ends; None if there is none."""
        query = select(groupcalls).where(groupcalls.c.id == groupcall_id)
        return next(iter(await self._many(query.with_for_update())), None)

    async def unfinished(self) -> list[Groupcall]:
        """Return all customers' groupcalls that are not hung up, oldest first."""
        query = select(groupcalls).where(
            groupcalls.c.status.in_(set(GroupcallStatus) - {GroupcallStatus.HANGUP})
        )
        return await self._many(query.order_by(groupcalls.c.tm_create))

    async def page(self, customer_id: CustomerId, page: Page) -> list[Groupcall]:
        """Return the customer's undeleted groupcalls, newest first."""
        c = groupcalls.c
        query = select(groupcalls).where(
            c.customer_id == customer_id, c.tm_create < page.before, c.tm_delete.is_(None)
        )
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    async def _many(self, query: Select[Any]) -> list[Groupcall]:
        return [_model(dict(row)) for row in (await self._connection.execute(query)).mappings()]


def _columns(groupcall: Groupcall) -> dict[str, Any]:
    return asdict(groupcall) | {
        "destinations": [asdict(each) for each in groupcall.destinations],
        "call_ids": [str(each) for each in groupcall.call_ids],
    }


def _model(values: dict[str, Any]) -> Groupcall:
    return Groupcall(
        **values
        | {
            "status": GroupcallStatus(values["status"]),
            "source": Address(**values["source"]),
            "destinations": tuple(Address(**each) for each in values["destinations"]),
            "call_ids": tuple(CallId(UUID(each)) for each in values["call_ids"]),
        }
    )
