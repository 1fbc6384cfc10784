"""Groupcall rows."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import select

from mixminus.model.call import Address, Groupcall, GroupcallStatus
from mixminus.model.ids import CallId
from mixminus.store.homes import left_behind
from mixminus.store.rows import Rows
from mixminus.store.tables import groupcalls

__all__ = ["GroupcallRows"]


class GroupcallRows(Rows[Groupcall]):
    """Reads and writes groupcalls within one transaction."""

    table = groupcalls

    async def unfinished(self) -> list[Groupcall]:
        """Return the groupcalls that are not hung up and that no living node has, oldest first."""
        query = select(groupcalls).where(
            groupcalls.c.status.in_(set(GroupcallStatus) - {GroupcallStatus.HANGUP}),
            left_behind(groupcalls, self._node_id),
        )
        return await self._many(query.order_by(groupcalls.c.tm_create))

    def _columns(self, row: Groupcall) -> dict[str, Any]:
        return asdict(row) | {
            "destinations": [asdict(each) for each in row.destinations],
            "call_ids": [str(each) for each in row.call_ids],
        }

    def _model(self, row: Mapping[str, Any]) -> Groupcall:
        return Groupcall(
            **{
                **row,
                "status": GroupcallStatus(row["status"]),
                "source": Address(**row["source"]),
                "destinations": tuple(Address(**each) for each in row["destinations"]),
                "call_ids": tuple(CallId(UUID(each)) for each in row["call_ids"]),
            }
        )
