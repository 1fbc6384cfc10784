"""FlowRunner: runs calls' flows."""

from mixminus.call.live import LiveCall
from mixminus.call.program import Program
from mixminus.flow.executors.table import EXECUTORS
from mixminus.flow.run import FlowRun
from mixminus.flow.services import FlowServices

__all__ = ["FlowRunner"]


class FlowRunner:
    """Gives a call's flow what its actions need."""

    def __init__(self, services: FlowServices) -> None:
        self._services = services

    async def run(self, call: LiveCall, program: Program) -> None:
        """Do the program's actions to the end; Interrupted when the call ends first."""
        run = FlowRun(call, services=self._services, executors=EXECUTORS)
        await run.perform(program.actions)
