"""FlowServices: what actions may ask of the house; given by the composition root."""

from dataclasses import dataclass

from mixminus.call.dialout import DialoutService
from mixminus.call.recorder import CallRecorder
from mixminus.clock import Clock
from mixminus.conference.keypad import Keypad
from mixminus.conference.participants import ParticipantService
from mixminus.flow.errands import Errands
from mixminus.flow.external import ExternalMedia
from mixminus.flow.flows import FlowService
from mixminus.flow.transcriber import CallTranscriber
from mixminus.flow.web import Web
from mixminus.sound.desk import SoundDesk
from mixminus.store.database import Store

__all__ = ["FlowServices"]


@dataclass(frozen=True, slots=True)
class FlowServices:
    """A row for each part that some action needs."""

    store: Store
    participants: ParticipantService
    transcriber: CallTranscriber
    clock: Clock
    recorder: CallRecorder
    dialout: DialoutService
    flows: FlowService
    web: Web
    errands: Errands
    external: ExternalMedia
    sounds: SoundDesk
    keypad: Keypad
