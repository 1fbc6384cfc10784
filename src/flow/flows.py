"""FlowService: what a client may do with flows (api.md section 6.1), and what a flow is to those who run it."""

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
"""Of one customer (api.md section 6.1)."""

Profile = TypeVar("Profile", bound=ConferenceProfile)


class FlowService:
    """Creates, shows, changes and deletes flows; an id of another customer is not found."""

    def __init__(self, store: Store, clock: Clock, *, max_flows: int = MAX_FLOWS) -> None:
        self._store = store
        self._clock = clock
        self._max_flows = max_flows

    async def create(self, customer_id: CustomerId, spec: FlowSpec) -> Flow:
        """Return the new flow; TooManyFlows if the customer has as many as it may have."""
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
        """Replace all that may change; what runs already goes on as it was."""
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
        """Let nobody run the flow any more; one that is deleted is returned as it is."""
        flow = await self.get(customer_id, flow_id)
        if flow.tm_delete is not None:
            return flow
        return await self._change(customer_id, flow_id, lambda flow, now: replace(flow, tm_delete=now))

    async def regenerate_direct_hash(self, customer_id: CustomerId, flow_id: FlowId) -> Flow:
        """Give the flow another direct hash; the one before leads nowhere from now on."""
        return await self._change(
            customer_id, flow_id, lambda flow, now: replace(flow, direct_hash=new_direct_hash())
        )

    async def find_by_direct_hash(self, direct_hash: str) -> Flow | None:
        """Return the flow that can be dialled by this name, whoever owns it."""
        async with self._store.snapshot() as tx:
            return await tx.flows.find_by_direct_hash(direct_hash)

    async def program(self, customer_id: CustomerId, flow_id: UUID) -> Program:
        """Return what a call of this flow is to do; FlowNotFound if it is deleted, unknown or another's."""
        return program_of(await self._usable(customer_id, flow_id))

    async def checked(self, customer_id: CustomerId, profile: Profile) -> Profile:
        """Return a conference's profile with its actions in their normal form; its flows must be there."""
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
    """Return what a call of this flow is to do."""
    return Program(flow.actions, flow_id=flow.id, on_complete_flow_id=flow.on_complete_flow_id)
