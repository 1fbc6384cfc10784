"""Activeflow rows."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from mixminus.model.flow import Activeflow, ActiveflowStatus
from mixminus.store.homes import left_behind
from mixminus.store.rows import Rows
from mixminus.store.tables import activeflows

__all__ = ["ActiveflowRows"]


class ActiveflowRows(Rows[Activeflow]):
    """Reads and writes activeflows within one transaction."""

    table = activeflows
    taken = "this activeflow exists"

    async def running(self) -> list[Activeflow]:
        """Return the activeflows that have not ended and that no living node has, oldest first."""
        c = activeflows.c
        query = select(activeflows).where(
            c.status == ActiveflowStatus.RUNNING, left_behind(activeflows, self._node_id)
        )
        return await self._many(query.order_by(c.tm_create))

    def _columns(self, row: Activeflow) -> dict[str, Any]:
        return {**super()._columns(row), "executed_actions": list(row.executed_actions)}

    def _model(self, row: Mapping[str, Any]) -> Activeflow:
        return Activeflow(
            **{
                **row,
                "status": ActiveflowStatus(row["status"]),
                "executed_actions": tuple(row["executed_actions"]),
            }
        )
