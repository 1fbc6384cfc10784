"""Agent rows."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from mixminus.model.access import Agent, CustomerStatus
from mixminus.model.ids import AgentId
from mixminus.model.permissions import Permission
from mixminus.store.rows import Rows
from mixminus.store.tables import agents, customers

__all__ = ["AgentRows"]


class AgentRows(Rows[Agent]):
    """Reads and writes agents within one transaction."""

    table = agents
    taken = "this username is taken"

    async def find_with_status(self, agent_id: AgentId) -> tuple[Agent, CustomerStatus] | None:
        """Return an undeleted agent, and its customer's status."""
        return await self._with_status(_JOINED.where(agents.c.id == agent_id))

    async def find_by_username(self, username: str) -> tuple[Agent, CustomerStatus] | None:
        """Return the undeleted agent of this username, and its customer's status."""
        return await self._with_status(_JOINED.where(agents.c.username == username))

    async def find_even_deleted(self, username: str) -> Agent | None:
        """Return the agent of this username, even if it is deleted."""
        return await self._one(select(agents).where(agents.c.username == username))

    async def _with_status(self, query: Select[Any]) -> tuple[Agent, CustomerStatus] | None:
        row = (await self._connection.execute(query.where(agents.c.tm_delete.is_(None)))).mappings().first()
        if row is None:
            return None
        values = dict(row)
        status = CustomerStatus(values.pop("customer_status"))
        return self._model(values), status

    def _columns(self, row: Agent) -> dict[str, Any]:
        return {
            **super()._columns(row),
            "permission": row.permission.value,
            "tag_ids": [str(tag_id) for tag_id in row.tag_ids],
            "addresses": list(row.addresses),
        }

    def _model(self, row: Mapping[str, Any]) -> Agent:
        return Agent(
            **{
                **row,
                "permission": Permission(row["permission"]),
                "tag_ids": tuple(UUID(tag_id) for tag_id in row["tag_ids"]),
                "addresses": tuple(row["addresses"]),
            }
        )


_JOINED = select(agents, customers.c.status.label("customer_status")).join(customers)
