"""Activeflow rows."""

from typing import Any, Final

from sqlalchemy import Select, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from mixminus.errors import AlreadyExists
from mixminus.model.flow import Activeflow, ActiveflowStatus
from mixminus.model.ids import ActiveflowId, CustomerId
from mixminus.store.compared import save_if
from mixminus.store.page import Page
from mixminus.store.tables import activeflows

__all__ = ["ActiveflowRows"]

_COLUMNS: Final = tuple(column.name for column in activeflows.c)


class ActiveflowRows:
    """Reads and writes activeflows within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, activeflow: Activeflow) -> None:
        """Insert a row; an id that is taken raises AlreadyExists."""
        try:
            await self._connection.execute(insert(activeflows).values(_columns(activeflow)))
        except IntegrityError as exc:
            raise AlreadyExists(f"activeflow {activeflow.id} exists") from exc

    async def save(self, activeflow: Activeflow) -> None:
        """Update the row of an activeflow."""
        query = update(activeflows).where(activeflows.c.id == activeflow.id)
        await self._connection.execute(query.values(_columns(activeflow)))

    async def save_if(self, before: Activeflow, after: Activeflow) -> bool:
        """Write what differs if the row's ``tm_update`` is that of ``before``; return whether it was."""
        return await save_if(self._connection, activeflows, before, after, _columns)

    async def find(self, activeflow_id: ActiveflowId) -> Activeflow | None:
        return await self._one(select(activeflows).where(activeflows.c.id == activeflow_id))

    async def find_for_update(self, activeflow_id: ActiveflowId) -> Activeflow | None:
        """Return the row, locked until the transaction ends; None if there is none."""
        return await self._one(select(activeflows).where(activeflows.c.id == activeflow_id).with_for_update())

    async def page(self, customer_id: CustomerId, page: Page) -> list[Activeflow]:
        """Return the customer's undeleted activeflows, newest first."""
        c = activeflows.c
        query = select(activeflows).where(
            c.customer_id == customer_id, c.tm_create < page.before, c.tm_delete.is_(None)
        )
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    async def running(self) -> list[Activeflow]:
        """Return all customers' activeflows that have not ended, oldest first."""
        c = activeflows.c
        query = select(activeflows).where(c.status == ActiveflowStatus.RUNNING)
        return await self._many(query.order_by(c.tm_create))

    async def _one(self, query: Select[Any]) -> Activeflow | None:
        return next(iter(await self._many(query)), None)

    async def _many(self, query: Select[Any]) -> list[Activeflow]:
        return [_model(row) for row in (await self._connection.execute(query)).mappings()]


def _columns(activeflow: Activeflow) -> dict[str, Any]:
    return {name: getattr(activeflow, name) for name in _COLUMNS} | {
        "executed_actions": list(activeflow.executed_actions)
    }


def _model(row: Any) -> Activeflow:
    return Activeflow(
        **{
            **row,
            "status": ActiveflowStatus(row["status"]),
            "executed_actions": tuple(row["executed_actions"]),
        }
    )
