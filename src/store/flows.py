"""Flow rows."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from mixminus.model.flow import Flow
from mixminus.model.ids import CustomerId
from mixminus.store.rows import Rows
from mixminus.store.tables import flows

__all__ = ["FlowRows"]


class FlowRows(Rows[Flow]):
    """Reads and writes flows within one transaction."""

    table = flows

    async def find_by_direct_hash(self, direct_hash: str) -> Flow | None:
        """Return the undeleted flow that has this direct hash."""
        c = flows.c
        return await self._one(select(flows).where(c.direct_hash == direct_hash, c.tm_delete.is_(None)))

    async def count(self, customer_id: CustomerId) -> int:
        """Return how many undeleted flows the customer has."""
        c = flows.c
        query = select(func.count()).where(c.customer_id == customer_id, c.tm_delete.is_(None))
        return await self._connection.scalar(query) or 0

    def _columns(self, row: Flow) -> dict[str, Any]:
        return {**super()._columns(row), "actions": list(row.actions)}

    def _model(self, row: Mapping[str, Any]) -> Flow:
        return Flow(**{**row, "actions": tuple(row["actions"])})
