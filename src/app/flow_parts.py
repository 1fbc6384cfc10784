"""What runs flows, wired for ``control``: a service that actions are given is a line here."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from mixminus.call.recorder import CallRecorder
from mixminus.clock import Clock
from mixminus.conference.participants import ParticipantService
from mixminus.delivery.web_client import WebClient
from mixminus.flow.errands import Errands
from mixminus.flow.flows import FlowService
from mixminus.flow.services import FlowServices
from mixminus.sound.desk import SoundDesk
from mixminus.store.database import Store

__all__ = ["MediaParts", "flow_services"]


@dataclass(frozen=True, slots=True)
class MediaParts:
    """What actions hear and let hear with."""

    recorder: CallRecorder
    sounds: SoundDesk


def flow_services(
    store: Store,
    clock: Clock,
    participants: ParticipantService,
    flows: FlowService,
    media: MediaParts,
    *,
    private_targets: bool,
    stack: AsyncExitStack,
) -> FlowServices:
    """Return what actions may ask of the house; the stack closes what is opened here."""
    web = WebClient(private_targets=private_targets)
    stack.push_async_callback(web.close)
    errands = Errands()
    stack.push_async_callback(errands.close)
    return FlowServices(
        store=store,
        participants=participants,
        clock=clock,
        flows=flows,
        recorder=media.recorder,
        web=web,
        errands=errands,
        sounds=media.sounds,
    )
