"""FlowRunner: runs flows with and without a call, from start to end (api.md section 6.4)."""

from dataclasses import replace
from itertools import chain
from typing import Final

from mixminus.call.live import LiveCall
from mixminus.call.routing import Program
from mixminus.clock import Clock
from mixminus.errors import MixMinusError
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.flow.errors import FlowNotFound, FlowRunsAway, TooManyFlows
from mixminus.flow.ledger import ActiveflowLedger
from mixminus.flow.run import FlowRun
from mixminus.flow.services import FlowServices
from mixminus.flow.variables import Variables, given, of_activeflow, of_call
from mixminus.log import get, task_failed
from mixminus.model.call import Call
from mixminus.model.flow import Activeflow, ActiveflowStatus
from mixminus.model.ids import NIL, ActiveflowId, new_id
from mixminus.store.database import Store, Transaction, write_nothing
from mixminus.tasks import TaskScope
from mixminus.telemetry import current_span

__all__ = ["FlowRunner"]

MAX_COMPLETIONS: Final = 5
"""Length of a chain of on-complete flows (api.md section 6.3)."""
MAX_WITHOUT_CALL: Final = 1000
"""Running flows without a call, of all customers; flows of calls are limited by the number of calls."""

log = get("flow")


class FlowRunner:
    """Runs activeflows and stops them; an activeflow that ends starts its on-complete flow."""

    def __init__(self, store: Store, clock: Clock, services: FlowServices) -> None:
        self._clock = clock
        self._services = services
        self.ledger = ActiveflowLedger(store, clock)
        self._scope = TaskScope(task_failed("flow"))
        self._runs: dict[ActiveflowId, FlowRun] = {}
        self._closed = False

    async def start(self) -> None:
        """Mark activeflows left running by the previous run as ended: their calls are lost."""
        await self.ledger.end_unfinished()

    async def begin(self, tx: Transaction, call: Call, program: Program) -> None:
        """Write that the flow of a call begins."""
        activeflow = Activeflow(
            id=ActiveflowId(call.activeflow_id),
            customer_id=call.customer_id,
            flow_id=program.flow_id,
            status=ActiveflowStatus.RUNNING,
            reference_type="call",
            reference_id=call.id,
            on_complete_flow_id=program.on_complete_flow_id,
            tm_create=self._clock.now(),
        )
        await self.ledger.create(activeflow, tx)

    async def run(self, live: LiveCall, program: Program) -> None:
        """Run a call's program, which has begun, to its end; Interrupted if the call ends first."""
        activeflow = self.ledger.running(ActiveflowId(live.call.activeflow_id))
        if activeflow is None:  # stopped before it runs
            return
        system = {**of_call(live.call), **of_activeflow(activeflow)}
        try:
            variables = Variables({**given(program.variables), **system}, live.digits)
        except MixMinusError:
            await self.ledger.mark_ended(activeflow.id, along=live.write_end)
            raise
        await self._run(activeflow, program, variables, live)

    async def launch(self, activeflow: Activeflow, program: Program) -> None:
        """Start a flow without a call in a task of its own; TooManyFlows if too many run."""
        if self._closed or len(self._scope) >= MAX_WITHOUT_CALL:
            raise TooManyFlows(f"{len(self._scope)} flows run without a call; try later")
        current_span().remember(activeflow.id)
        await self.ledger.create(activeflow)
        variables = Variables({**program.variables, **of_activeflow(activeflow)})
        self._scope.spawn(f"flow {activeflow.id}", self._run_without_call(activeflow, program, variables))

    def stop(self, activeflow_id: ActiveflowId) -> None:
        """Stop a flow; its call is hung up. No effect if it does not run."""
        if run := self._runs.get(activeflow_id):
            run.stop()

    async def close(self) -> None:
        """Cancel flows without a call; those of calls end with their calls. Closing twice is harmless."""
        self._closed = True
        await self._scope.close()

    async def _run_without_call(self, activeflow: Activeflow, program: Program, variables: Variables) -> None:
        try:
            await self._run(activeflow, program, variables, None)
        except MixMinusError as error:
            log.warning("flow failed", activeflow_id=str(activeflow.id), reason=error.reason)

    async def _run(
        self, activeflow: Activeflow, program: Program, variables: Variables, call: LiveCall | None
    ) -> None:
        run = FlowRun(
            activeflow,
            call,
            variables=variables,
            ledger=self.ledger,
            services=self._services,
            catalogue=CATALOGUE,
        )
        self._runs[activeflow.id] = run
        try:
            await run.run(program.actions)
        finally:
            del self._runs[activeflow.id]
            await self.ledger.mark_ended(
                activeflow.id,
                list(chain.from_iterable(run.unsaved)),
                along=call.write_end if call else write_nothing,
            )
            await self._start_on_complete(activeflow, variables)

    async def _start_on_complete(self, ended: Activeflow, variables: Variables) -> None:
        """Start the on-complete flow of an ended activeflow, without a call and with its variables."""
        if ended.on_complete_flow_id == NIL or self._closed:
            return
        try:
            if ended.complete_count == MAX_COMPLETIONS:
                raise FlowRunsAway(f"{MAX_COMPLETIONS} on-complete flows were run one after another")
            program = await self._services.flows.program(ended.customer_id, ended.on_complete_flow_id)
            successor = replace(
                ended,
                id=ActiveflowId(new_id()),
                flow_id=program.flow_id,
                reference_activeflow_id=ended.id,
                on_complete_flow_id=program.on_complete_flow_id,
                complete_count=ended.complete_count + 1,
                tm_create=self._clock.now(),
            )
            await self.launch(successor, replace(program, variables=variables.all()))
        except (FlowNotFound, FlowRunsAway, TooManyFlows) as error:
            log.warning("on-complete flow not started", activeflow_id=str(ended.id), reason=error.reason)
