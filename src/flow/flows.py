"""FlowService: create, get, list, update and delete flows (api.md 6.1), and turn them into programs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from mixminus.call.routing import Program
from mixminus.clock import Clock
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.flow.errors import FlowNotFound, TooManyFlows
from mixminus.model.conference import ConferenceProfile
from mixminus.model.flow import Flow, FlowSpec
from mixminus.model.ids import NIL, CustomerId, FlowId, new_direct_hash, new_id
from mixminus.store.database import Store
from mixminus.store.ownership import owned
from mixminus.store.page import Page

__all__ = ["MAX_FLOWS", "FlowService", "program_of"]

MAX_FLOWS: Final = 10_000
"""Per customer (api.md section 6.1)."""

Profile = TypeVar("Profile", bound=ConferenceProfile)


class FlowService:
    """The operations of clients on flows; a flow of another customer is not found."""

    def __init__(self, store: Store, clock: Clock, *, max_flows: int = MAX_FLOWS) -> None:
        self._store = store
        self._clock = clock
        self._max_flows = max_flows

    async def create(self, customer_id: CustomerId, spec: FlowSpec) -> Flow:
        """Create a flow; TooManyFlows if the customer has the maximum already."""
        spec = await self._checked(customer_id, spec)
        flow = Flow(
            id=FlowId(new_id()),
            customer_id=customer_id,
            name=spec.name,
            detail=spec.detail,
            actions=spec.actions,
            on_complete_flow_id=spec.on_complete_flow_id,
            direct_hash=new_direct_hash(),
            tm_create=self._clock.now(),
        )
        async with self._store.transaction() as tx:
            if await tx.flows.count(customer_id) >= self._max_flows:
                raise TooManyFlows(f"there are {self._max_flows} flows; delete one first")
            await tx.flows.add(flow)
        return flow

    async def get(self, customer_id: CustomerId, flow_id: FlowId) -> Flow:
        """Return a flow, also after it is deleted."""
        async with self._store.snapshot() as tx:
            flow = await tx.flows.find(flow_id)
        return owned(flow, customer_id, FlowNotFound(f"no flow {flow_id}"))

    async def list(self, customer_id: CustomerId, page: Page) -> list[Flow]:
        """Return flows that are not deleted, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.flows.page(customer_id, page)

    async def update(self, customer_id: CustomerId, flow_id: FlowId, spec: FlowSpec) -> Flow:
        """Replace all fields that can be changed; activeflows continue with the previous version."""
        await self.get(customer_id, flow_id)
        spec = await self._checked(customer_id, spec)

        def change(flow: Flow, now: datetime) -> Flow:
            return replace(
                flow,
                name=spec.name,
                detail=spec.detail,
                actions=spec.actions,
                on_complete_flow_id=spec.on_complete_flow_id,
            )

        return await self._change(customer_id, flow_id, change)

    async def delete(self, customer_id: CustomerId, flow_id: FlowId) -> Flow:
        """Delete the flow: it can no longer be run. A deleted flow is returned unchanged."""
        flow = await self.get(customer_id, flow_id)
        if flow.tm_delete is not None:
            return flow
        return await self._change(customer_id, flow_id, lambda flow, now: replace(flow, tm_delete=now))

    async def regenerate_direct_hash(self, customer_id: CustomerId, flow_id: FlowId) -> Flow:
        """Regenerate the direct hash; the previous one is no longer valid."""
        return await self._change(
            customer_id, flow_id, lambda flow, now: replace(flow, direct_hash=new_direct_hash())
        )

    async def find_by_direct_hash(self, direct_hash: str) -> Flow | None:
        """Return the flow with a direct hash, of any customer."""
        async with self._store.snapshot() as tx:
            return await tx.flows.find_by_direct_hash(direct_hash)

    async def program(self, customer_id: CustomerId, flow_id: UUID) -> Program:
        """Return the program of a flow; FlowNotFound if it is deleted, unknown or another customer's."""
        return program_of(await self._usable(customer_id, flow_id))

    async def checked(self, customer_id: CustomerId, profile: Profile) -> Profile:
        """Return a conference's profile with normalised actions.

        Raises FlowNotFound if one of its flows is missing.
        """
        for flow_id in (profile.pre_flow_id, profile.post_flow_id):
            if flow_id != NIL:
                await self._usable(customer_id, flow_id)
        return replace(
            profile,
            pre_actions=CATALOGUE.normalise(profile.pre_actions, "pre_actions", identified=False),
            post_actions=CATALOGUE.normalise(profile.post_actions, "post_actions", identified=False),
        )

    async def _usable(self, customer_id: CustomerId, flow_id: UUID) -> Flow:
        flow = await self.get(customer_id, FlowId(flow_id))
        if flow.tm_delete is not None:
            raise FlowNotFound(f"no flow {flow_id}")
        return flow

    async def _checked(self, customer_id: CustomerId, spec: FlowSpec) -> FlowSpec:
        if spec.on_complete_flow_id != NIL:
            await self._usable(customer_id, spec.on_complete_flow_id)
        return replace(spec, actions=CATALOGUE.normalise(spec.actions))

    async def _change(
        self, customer_id: CustomerId, flow_id: FlowId, change: Callable[[Flow, datetime], Flow]
    ) -> Flow:
        async with self._store.transaction() as tx:
            flow = await tx.flows.find_for_update(flow_id)
            flow = owned(flow, customer_id, FlowNotFound(f"no flow {flow_id}"))
            if flow.tm_delete is not None:
                raise FlowNotFound(f"no flow {flow_id}")
            now = self._clock.now()
            flow = replace(change(flow, now), tm_update=now)
            await tx.flows.save(flow)
            return flow


def program_of(flow: Flow) -> Program:
    """Return the actions of a flow as a program."""
    return Program(flow.actions, flow_id=flow.id, on_complete_flow_id=flow.on_complete_flow_id)
