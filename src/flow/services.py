"""FlowServices: what actions may ask of the house; given by the composition root."""

from dataclasses import dataclass

from mixminus.call.recorder import CallRecorder
from mixminus.clock import Clock
from mixminus.conference.participants import ParticipantService

__all__ = ["FlowServices"]


@dataclass(frozen=True, slots=True)
class FlowServices:
    """A row for each part that some action needs."""

    participants: ParticipantService
    clock: Clock
    recorder: CallRecorder
