"""FlowServices: what actions may ask of the house; given by the composition root."""

from dataclasses import dataclass

from mixminus.clock import Clock
from mixminus.conference.participants import ParticipantService
from mixminus.flow.transcriber import CallTranscriber

__all__ = ["FlowServices"]


@dataclass(frozen=True, slots=True)
class FlowServices:
    """A row for each part that some action needs."""

    participants: ParticipantService
    transcriber: CallTranscriber
    clock: Clock
