"""Agent rows."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from mixminus.errors import AlreadyExists
from mixminus.model.access import Agent, CustomerStatus
from mixminus.model.ids import AgentId, CustomerId
from mixminus.model.permissions import Permission
from mixminus.store.connection import Connection
from mixminus.store.page import Page
from mixminus.store.tables import agents, customers

__all__ = ["AgentRows"]


class AgentRows:
    """Reads and writes agents within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, agent: Agent) -> None:
        """Insert a row; a username that was ever used raises AlreadyExists."""
        try:
            await self._connection.execute(insert(agents).values(_columns(agent)))
        except IntegrityError as exc:
            raise AlreadyExists("this username is taken") from exc

    async def save(self, agent: Agent) -> None:
        """Update the row of an agent."""
        await self._connection.execute(update(agents).where(agents.c.id == agent.id).values(_columns(agent)))

    async def find(self, agent_id: AgentId) -> Agent | None:
        return await self._one(select(agents).where(agents.c.id == agent_id))

    async def find_for_update(self, agent_id: AgentId) -> Agent | None:
        """Return the row, locked until the transaction ends; None if there is none."""
        return await self._one(select(agents).where(agents.c.id == agent_id).with_for_update())

    async def page(self, customer_id: CustomerId, page: Page) -> list[Agent]:
        """Return the customer's undeleted agents, newest first."""
        c = agents.c
        query = select(agents).where(
            c.customer_id == customer_id, c.tm_create < page.before, c.tm_delete.is_(None)
        )
        rows = (
            await self._connection.execute(query.order_by(c.tm_create.desc()).limit(page.size))
        ).mappings()
        return [_model(dict(row)) for row in rows]

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
        return _model(values), status

    async def _one(self, query: Select[Any]) -> Agent | None:
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else _model(dict(row))


_JOINED = select(agents, customers.c.status.label("customer_status")).join(customers)


def _columns(agent: Agent) -> dict[str, Any]:
    return asdict(agent) | {
        "permission": agent.permission.value,
        "tag_ids": [str(tag_id) for tag_id in agent.tag_ids],
        "addresses": list(agent.addresses),
    }


def _model(values: dict[str, Any]) -> Agent:
    return Agent(
        **values
        | {
            "permission": Permission(values["permission"]),
            "tag_ids": tuple(UUID(tag_id) for tag_id in values["tag_ids"]),
            "addresses": tuple(values["addresses"]),
        }
    )
