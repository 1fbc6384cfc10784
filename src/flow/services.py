"""FlowServices: what actions may ask of the house; given by the composition root."""

from dataclasses import dataclass

from mixminus.clock import Clock
from mixminus.conference.participants import ParticipantService
from mixminus.sound.desk import SoundDesk

__all__ = ["FlowServices"]


@dataclass(frozen=True, slots=True)
class FlowServices:
    """A row for each part that some action needs."""

    participants: ParticipantService
    clock: Clock
    sounds: SoundDesk
