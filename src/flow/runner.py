"""FlowRunner: runs flows, of calls and without one, and keeps those that run (api.md section 6.4)."""

from dataclasses import replace
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
from mixminus.model.flow import Activeflow, ActiveflowStatus
from mixminus.model.ids import NIL, ActiveflowId, new_id
from mixminus.store.database import Store
from mixminus.tasks import TaskScope

__all__ = ["FlowRunner"]

MAX_COMPLETIONS: Final = 5
"""Ends of flows that each begin the next one (api.md section 6.3)."""
MAX_WITHOUT_CALL: Final = 1000
"""Flows of everybody that run at a time and belong to no call: those are bounded by their phones."""

log = get("flow")


class FlowRunner:
    """Gives a flow what its actions need, from its beginning to its end."""

    def __init__(self, store: Store, clock: Clock, services: FlowServices) -> None:
        self._clock = clock
        self._services = services
        self.ledger = ActiveflowLedger(store, clock)
        self._scope = TaskScope(task_failed("flow"))
        self._live: dict[ActiveflowId, FlowRun] = {}
        self._closed = False

    async def start(self) -> None:
        """Note the end of what an earlier run has left: what it belonged to is lost."""
        await self.ledger.end_unfinished()

    async def run(self, call: LiveCall, program: Program) -> None:
        """Do a call's program to the end; Interrupted when the call ends first."""
        row = call.call
        activeflow = Activeflow(
            id=ActiveflowId(row.activeflow_id),
            customer_id=row.customer_id,
            flow_id=program.flow_id,
            status=ActiveflowStatus.RUNNING,
            reference_type="call",
            reference_id=row.id,
            on_complete_flow_id=program.on_complete_flow_id,
            tm_create=self._clock.now(),
        )
        known = {**given(program.variables), **of_call(row), **of_activeflow(activeflow)}
        await self.ledger.create(activeflow)
        await self._carry_out(activeflow, program, Variables(known, call.digits), call)

    async def launch(self, activeflow: Activeflow, program: Program) -> None:
        """Begin a flow that has no call; it goes on by itself. TooManyFlows if too many do."""
        if self._closed or len(self._scope) >= MAX_WITHOUT_CALL:
            raise TooManyFlows(f"{len(self._scope)} flows run without a call; try later")
        await self.ledger.create(activeflow)
        variables = Variables({**program.variables, **of_activeflow(activeflow)})
        self._scope.spawn(f"flow {activeflow.id}", self._alone(activeflow, program, variables))

    def stop(self, activeflow_id: ActiveflowId) -> None:
        """Let a flow end where it is; its call is hung up. One that does not run needs nothing."""
        if run := self._live.get(activeflow_id):
            run.stop()

    async def close(self) -> None:
        """Break off what runs without a call; calls end by themselves. Closing twice is harmless."""
        self._closed = True
        await self._scope.close()

    async def _alone(self, activeflow: Activeflow, program: Program, variables: Variables) -> None:
        try:
            await self._carry_out(activeflow, program, variables, None)
        except MixMinusError as error:
            log.warning("flow failed", activeflow_id=str(activeflow.id), reason=error.reason)

    async def _carry_out(
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
        self._live[activeflow.id] = run
        try:
            await run.run(program.actions)
        finally:
            del self._live[activeflow.id]
            await self.ledger.mark_ended(activeflow.id, run.unsaved)
            await self._follow(activeflow, variables)

    async def _follow(self, ended: Activeflow, variables: Variables) -> None:
        """Begin what is to follow an end; without a call, and with what the one before has known."""
        if ended.on_complete_flow_id == NIL or self._closed:
            return
        try:
            if ended.complete_count == MAX_COMPLETIONS:
                raise FlowRunsAway(f"{MAX_COMPLETIONS} flows have followed each other")
            program = await self._services.flows.program(ended.customer_id, ended.on_complete_flow_id)
            following = replace(
                ended,
                id=ActiveflowId(new_id()),
                flow_id=program.flow_id,
                reference_activeflow_id=ended.id,
                on_complete_flow_id=program.on_complete_flow_id,
                complete_count=ended.complete_count + 1,
                tm_create=self._clock.now(),
            )
            await self.launch(following, replace(program, variables=variables.all()))
        except (FlowNotFound, FlowRunsAway, TooManyFlows) as error:
            log.warning("flow not followed", activeflow_id=str(ended.id), reason=error.reason)
