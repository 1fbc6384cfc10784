"""ActiveflowService: start, get, list, stop and delete activeflows (api.md section 6.3)."""

from dataclasses import replace

from mixminus.call.routing import Program
from mixminus.clock import Clock
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.flow.errors import ActiveflowNotFound
from mixminus.flow.flows import FlowService
from mixminus.flow.runner import FlowRunner
from mixminus.flow.variables import given
from mixminus.model.flow import Activeflow, ActiveflowSpec, ActiveflowStatus
from mixminus.model.ids import NIL, ActiveflowId, CustomerId, new_id
from mixminus.store.database import Store
from mixminus.store.ownership import owned
from mixminus.store.page import Page

__all__ = ["ActiveflowService"]


class ActiveflowService:
    """The operations of clients on activeflows; an activeflow of another customer is not found."""

    def __init__(self, store: Store, clock: Clock, *, runner: FlowRunner, flows: FlowService) -> None:
        self._store = store
        self._clock = clock
        self._runner = runner
        self._flows = flows

    async def launch(
        self, customer_id: CustomerId, spec: ActiveflowSpec, system: dict[str, str] | None = None
    ) -> Activeflow:
        """Start a flow without a call; ``system`` are variables that clients cannot set."""
        if spec.flow_id != NIL:
            program = await self._flows.program(customer_id, spec.flow_id)
        else:
            program = Program(CATALOGUE.normalise(spec.actions))
        activeflow = Activeflow(
            id=spec.id or ActiveflowId(new_id()),
            customer_id=customer_id,
            flow_id=program.flow_id,
            status=ActiveflowStatus.RUNNING,
            reference_type=spec.reference_type,
            reference_id=spec.reference_id,
            on_complete_flow_id=program.on_complete_flow_id,
            webhook_uri=spec.webhook_uri,
            webhook_method=spec.webhook_method,
            tm_create=self._clock.now(),
        )
        variables = {**given(spec.variables), **(system or {})}
        await self._runner.launch(activeflow, replace(program, variables=variables))
        return activeflow

    async def get(self, customer_id: CustomerId, activeflow_id: ActiveflowId) -> Activeflow:
        """Return an activeflow, also after it is deleted."""
        async with self._store.snapshot() as tx:
            activeflow = await tx.activeflows.find(activeflow_id)
        return owned(activeflow, customer_id, ActiveflowNotFound(f"no activeflow {activeflow_id}"))

    async def list(self, customer_id: CustomerId, page: Page) -> list[Activeflow]:
        """Return activeflows that are not deleted, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.activeflows.page(customer_id, page)

    async def stop(self, customer_id: CustomerId, activeflow_id: ActiveflowId) -> Activeflow:
        """Stop the activeflow and return it; its call, if it has one, is hung up."""
        await self.get(customer_id, activeflow_id)
        self._runner.stop(activeflow_id)
        return await self._runner.ledger.mark_ended(activeflow_id)

    async def delete(self, customer_id: CustomerId, activeflow_id: ActiveflowId) -> Activeflow:
        """Stop the activeflow and mark it as deleted: it is no longer listed."""
        await self.stop(customer_id, activeflow_id)
        return await self._runner.ledger.mark_deleted(activeflow_id)
