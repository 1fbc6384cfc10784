"""AgentService: people who log in, and their permissions (api.md section 10).

An agent can neither grant nor revoke permissions that it does not have. It cannot change an agent with
such permissions either: a changed password would give them away.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from mixminus.access.errors import AgentAuthRequired, AgentNotFound, NotOneself, NotPermitted, UsernameTaken
from mixminus.access.passwords import Passwords
from mixminus.clock import Clock
from mixminus.errors import AlreadyExists
from mixminus.model.access import Agent, AgentProfile, AgentSpec, AgentStatus, Identity
from mixminus.model.ids import AgentId, CustomerId, new_direct_hash, new_id
from mixminus.model.permissions import Permission, grantable
from mixminus.store.database import Store
from mixminus.store.page import Page

__all__ = ["AgentService", "new_agent"]

Change = Callable[[Agent, datetime], Agent]


def new_agent(customer_id: CustomerId, spec: AgentSpec, password_hash: str, now: datetime) -> Agent:
    """Return the agent that a spec describes."""
    return Agent(
        id=AgentId(new_id()),
        customer_id=customer_id,
        username=spec.username,
        password_hash=password_hash,
        **asdict(spec.profile),
        permission=spec.permission,
        tag_ids=spec.tag_ids,
        addresses=spec.addresses,
        tm_password=now,
        tm_create=now,
    )


class AgentService:
    """Creates, lists, updates and deletes agents; another customer's agent is not found."""

    def __init__(self, store: Store, clock: Clock, passwords: Passwords) -> None:
        self._store = store
        self._clock = clock
        self._passwords = passwords

    async def get(self, identity: Identity, agent_id: AgentId) -> Agent:
        async with self._store.snapshot() as tx:
            agent = await tx.agents.find(agent_id)
        if agent is None or not _concerns(identity, agent):
            raise AgentNotFound(f"no agent {agent_id}")
        return agent

    async def list(self, customer_id: CustomerId, page: Page) -> list[Agent]:
        """Return undeleted agents, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.agents.page(customer_id, page)

    async def create(self, identity: Identity, spec: AgentSpec) -> Agent:
        _may_grant(identity, spec.permission)
        password_hash = await self._passwords.hash(spec.password)
        agent = new_agent(identity.customer_id, spec, password_hash, self._clock.now())
        async with self._store.transaction() as tx:
            try:
                await tx.agents.add(agent)
            except AlreadyExists as exc:
                raise UsernameTaken("this username is taken") from exc
        return agent

    async def update(self, identity: Identity, agent_id: AgentId, profile: AgentProfile) -> Agent:
        """Replace an agent's profile."""
        return await self._change(identity, agent_id, lambda agent, _: replace(agent, **asdict(profile)))

    async def set_status(self, identity: Identity, agent_id: AgentId, status: AgentStatus) -> Agent:
        """Set what an agent's own program says of it."""
        return await self._change(identity, agent_id, lambda agent, _: replace(agent, status=status))

    async def set_addresses(
        self, identity: Identity, agent_id: AgentId, addresses: Sequence[dict[str, Any]]
    ) -> Agent:
        """Replace where an agent is called."""
        return await self._change(
            identity, agent_id, lambda agent, _: replace(agent, addresses=tuple(addresses))
        )

    async def set_tag_ids(self, identity: Identity, agent_id: AgentId, tag_ids: Sequence[UUID]) -> Agent:
        """Replace an agent's tags."""
        return await self._change(identity, agent_id, lambda agent, _: replace(agent, tag_ids=tuple(tag_ids)))

    async def regenerate_direct_hash(self, identity: Identity, agent_id: AgentId) -> Agent:
        """Replace an agent's direct hash; the old one ends at once."""
        return await self._change(
            identity, agent_id, lambda agent, _: replace(agent, direct_hash=new_direct_hash())
        )

    async def set_permission(self, identity: Identity, agent_id: AgentId, permission: Permission) -> Agent:
        """Set an agent's permission; not one's own."""
        _not_oneself(identity, agent_id)
        _may_grant(identity, permission)
        return await self._change(identity, agent_id, lambda agent, _: replace(agent, permission=permission))

    async def set_password(self, identity: Identity, agent_id: AgentId, password: str) -> Agent:
        """Set an agent's password, and end the sessions created with the previous one."""
        password_hash = await self._passwords.hash(password)
        return await self._change(
            identity,
            agent_id,
            lambda agent, now: replace(agent, password_hash=password_hash, tm_password=now),
        )

    async def delete(self, identity: Identity, agent_id: AgentId) -> Agent:
        """Delete an agent and end its sessions; no change if it is deleted."""
        _not_oneself(identity, agent_id)

        def change(agent: Agent, now: datetime) -> Agent:
            return agent if agent.tm_delete else replace(agent, tm_delete=now)

        return await self._change(identity, agent_id, change)

    def oneself(self, identity: Identity) -> AgentId:
        """Return the agent of an identity; AgentAuthRequired for an access key."""
        if identity.agent_id is None:
            raise AgentAuthRequired(
                "an access key is no agent: log in with POST /auth/login, and send its token"
            )
        return identity.agent_id

    async def _change(self, identity: Identity, agent_id: AgentId, change: Change) -> Agent:
        async with self._store.transaction() as tx:
            before = await tx.agents.find_for_update(agent_id)
            if before is None or not _concerns(identity, before):
                raise AgentNotFound(f"no agent {agent_id}")
            if agent_id != identity.agent_id:
                _may_grant(identity, before.permission)
            now = self._clock.now()
            after = change(before, now)
            if after == before:
                return before
            after = replace(after, tm_update=now)
            await tx.agents.save(after)
        return after


def _concerns(identity: Identity, agent: Agent) -> bool:
    """Return whether the agent is the identity's own, or belongs to its customer."""
    return agent.customer_id == identity.customer_id or agent.id == identity.agent_id


def _may_grant(identity: Identity, permission: Permission) -> None:
    if permission & ~grantable(identity.permission):
        raise NotPermitted("you cannot grant or revoke permissions that you do not have")


def _not_oneself(identity: Identity, agent_id: AgentId) -> None:
    if agent_id == identity.agent_id:
        raise NotOneself("an agent cannot do this to itself: ask another admin of the customer")
