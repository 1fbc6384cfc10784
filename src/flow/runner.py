"""FlowRunner: runs calls' flows."""

from collections.abc import Mapping, Sequence
from typing import Any

from mixminus.call.live import LiveCall
from mixminus.flow.executors.table import EXECUTORS
from mixminus.flow.run import FlowRun
from mixminus.flow.services import FlowServices

__all__ = ["FlowRunner"]


class FlowRunner:
    """Gives a call's flow what its actions need."""

    def __init__(self, services: FlowServices) -> None:
        self._services = services

    async def run(self, call: LiveCall, actions: Sequence[Mapping[str, Any]]) -> None:
        """Do the actions to the end; Interrupted when the call ends first."""
        run = FlowRun(call, services=self._services, executors=EXECUTORS)
        await run.perform(actions)
