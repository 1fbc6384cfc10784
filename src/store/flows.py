"""Flow rows."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Select, func, insert, select, update

from mixminus.model.flow import Flow
from mixminus.model.ids import CustomerId, FlowId
from mixminus.store.connection import Connection
from mixminus.store.page import Page
from mixminus.store.tables import flows

__all__ = ["FlowRows"]


class FlowRows:
    """Reads and writes flows within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, flow: Flow) -> None:
        await self._connection.execute(insert(flows).values(_columns(flow)))

    async def save(self, flow: Flow) -> None:
        """Update the row of a flow."""
        await self._connection.execute(update(flows).where(flows.c.id == flow.id).values(_columns(flow)))

    async def find(self, flow_id: FlowId) -> Flow | None:
        return await self._one(select(flows).where(flows.c.id == flow_id))

    async def find_for_update(self, flow_id: FlowId) -> Flow | None:
        """Return the row, locked until the transaction ends; None if there is none."""
        return await self._one(select(flows).where(flows.c.id == flow_id).with_for_update())

    async def find_by_direct_hash(self, direct_hash: str) -> Flow | None:
        """Return the undeleted flow that has this direct hash."""
        c = flows.c
        return await self._one(select(flows).where(c.direct_hash == direct_hash, c.tm_delete.is_(None)))

    async def count(self, customer_id: CustomerId) -> int:
        """Return how many undeleted flows the customer has."""
        c = flows.c
        query = select(func.count()).where(c.customer_id == customer_id, c.tm_delete.is_(None))
        return await self._connection.scalar(query) or 0

    async def page(self, customer_id: CustomerId, page: Page) -> list[Flow]:
        """Return the customer's undeleted flows, newest first."""
        c = flows.c
        query = select(flows).where(
            c.customer_id == customer_id, c.tm_create < page.before, c.tm_delete.is_(None)
        )
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    async def _one(self, query: Select[Any]) -> Flow | None:
        return next(iter(await self._many(query)), None)

    async def _many(self, query: Select[Any]) -> list[Flow]:
        rows = (await self._connection.execute(query)).mappings()
        return [Flow(**{**row, "actions": tuple(row["actions"])}) for row in rows]


def _columns(flow: Flow) -> dict[str, Any]:
    return asdict(flow) | {"actions": list(flow.actions)}
