"""What the API commands: given by the composition root, found by every handler."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from mixminus.access.service import AccessService
from mixminus.api.idempotency import IdempotencyService
from mixminus.call.aside import AsideService
from mixminus.call.dialout import DialoutService
from mixminus.call.presence import PresenceService
from mixminus.call.service import CallService
from mixminus.call.transfer import TransferService
from mixminus.clock import Clock
from mixminus.conference.hearing import HearsService
from mixminus.conference.participants import ParticipantService
from mixminus.conference.service import ConferenceService
from mixminus.delivery.service import DeliveryService
from mixminus.directory.service import DirectoryServices
from mixminus.flow.activeflows import ActiveflowService
from mixminus.flow.flows import FlowService
from mixminus.recording.calls import CallRecordings
from mixminus.recording.library import RecordingLibrary
from mixminus.recording.service import RecordingService
from mixminus.speech.recognition.service import TranscriptionService
from mixminus.store.timestamps import TimestampStyle
from mixminus.streams.service import StreamService
from mixminus.webrtc.endpoint import WebRtcEndpoint

__all__ = ["SERVICES", "Services"]


@dataclass(frozen=True, slots=True)
class Services:
    """The house, as seen through its HTTP door."""

    access: AccessService
    conferences: ConferenceService
    participants: ParticipantService
    calls: CallService
    dialout: DialoutService
    transfers: TransferService
    asides: AsideService
    flows: FlowService
    activeflows: ActiveflowService
    presence: PresenceService
    hears: HearsService
    recordings: RecordingService
    library: RecordingLibrary
    call_recordings: CallRecordings
    directory: DirectoryServices
    transcription: TranscriptionService
    streams: StreamService
    webrtc: WebRtcEndpoint
    delivery: DeliveryService
    idempotency: IdempotencyService
    clock: Clock
    style: TimestampStyle
    readiness: Callable[[], Mapping[str, bool]]
    """Which transports take calls now, by name."""
    counters: Callable[[], Mapping[str, int]]
    """Everything that is counted: the engine's by their names in C, the others' with a dot after their part."""
    tick_lateness_us: Callable[[], Mapping[str, int]]


SERVICES: Final = web.AppKey("services", Services)
