"""FlowRunner: runs calls' flows."""

from collections.abc import Mapping, Sequence
from typing import Any

from mixminus.call.live import LiveCall
from mixminus.clock import Clock
from mixminus.conference.participants import ParticipantService
from mixminus.flow.executors import EXECUTORS
from mixminus.flow.run import FlowRun

__all__ = ["FlowRunner"]


class FlowRunner:
    """Gives a call's flow what its actions need."""

    def __init__(self, participants: ParticipantService, clock: Clock) -> None:
        self._participants = participants
        self._clock = clock

    async def run(self, call: LiveCall, actions: Sequence[Mapping[str, Any]]) -> None:
        """Do the actions to the end; Interrupted when the call ends first."""
        run = FlowRun(call, participants=self._participants, clock=self._clock, executors=EXECUTORS)
        await run.perform(actions)
