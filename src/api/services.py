"""Services: everything that HTTP may command, and all that the server closes; built by ``app/wiring.py``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from mixminus.access.idempotency import IdempotencyService
from mixminus.access.service import AccessService
from mixminus.api.metrics import Metric
from mixminus.broadcast.listeners import ListenerService
from mixminus.broadcast.service import BroadcastService
from mixminus.call.admission import Admission
from mixminus.call.audio import CallAudioService
from mixminus.call.breakout import BreakoutService
from mixminus.call.dialout import DialoutService
from mixminus.call.digit_sender import DigitSender
from mixminus.call.live_participants import LiveParticipantService
from mixminus.call.meters import MeterService
from mixminus.call.phone_chat import PhoneChat
from mixminus.call.registry import LiveCalls
from mixminus.call.replacement import ReplacementService
from mixminus.call.service import CallService
from mixminus.call.speakings import SpeakingService
from mixminus.call.transfer import TransferService
from mixminus.call.transports import Transports
from mixminus.clock import Clock
from mixminus.cluster.alone import Cluster
from mixminus.conference.chat import ChatService
from mixminus.conference.dominant import DominantSpeakers
from mixminus.conference.handover import Handover
from mixminus.conference.hears import HearsService
from mixminus.conference.keypad import Keypad
from mixminus.conference.lobby import LobbyService
from mixminus.conference.participants import ParticipantService
from mixminus.conference.playback import PlaybackService
from mixminus.conference.room import Rooms
from mixminus.conference.service import ConferenceService
from mixminus.conference.watchers import HoldWatch, TalkingWatch
from mixminus.delivery.service import DeliveryService
from mixminus.directory.service import DirectoryServices
from mixminus.flow.activeflows import ActiveflowService
from mixminus.flow.flows import FlowService
from mixminus.flow.services import BackgroundTasks
from mixminus.mixer import Engine, EngineEvent
from mixminus.privacy.service import PrivacyService
from mixminus.recording.calls import CallRecordings
from mixminus.recording.library import RecordingLibrary
from mixminus.recording.service import RecordingService
from mixminus.satellite.places import Places
from mixminus.satellite.service import SatelliteService
from mixminus.sip.server_addresses import SipAddress
from mixminus.sound.service import SoundService
from mixminus.speech.recognition.service import TranscriptionService
from mixminus.store.database import Store
from mixminus.store.timestamps import TimestampStyle
from mixminus.streams.agents import AgentStreamService
from mixminus.streams.external import ExternalMediaService
from mixminus.streams.service import StreamService
from mixminus.telemetry import NO_TELEMETRY, Telemetry
from mixminus.trace.service import TraceService
from mixminus.usage.service import UsageServices
from mixminus.webrtc.endpoint import WebRtcEndpoint

__all__ = ["SERVICES", "ProcessState", "Services"]


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What the server process itself reports, beside its services."""

    readiness: Callable[[], Mapping[str, bool]] = dict
    """Which transports take calls now, by name."""
    counters: Callable[[], Mapping[str, int]] = dict
    """Of the SIP processes, the rate limits, the garbage collector."""
    gauges: Callable[[], Iterable[Metric]] = tuple
    """Of its priorities and its garbage collector."""
    sip_domain: str = ""
    sip_addresses: Callable[[], Sequence[SipAddress]] = tuple
    """Where phones reach it now."""


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one server."""

    store: Store
    clock: Clock
    engine: Engine
    rooms: Rooms
    live_calls: LiveCalls
    transports: Transports
    admission: Admission
    places: Places
    access: AccessService
    conferences: ConferenceService
    participants: ParticipantService
    lobby: LobbyService
    chat: ChatService
    phone_chat: PhoneChat
    playbacks: PlaybackService
    hears: HearsService
    handover: Handover
    talking: TalkingWatch
    dominant: DominantSpeakers
    holds: HoldWatch
    keypad: Keypad
    calls: CallService
    dialout: DialoutService
    transfers: TransferService
    breakouts: BreakoutService
    replacements: ReplacementService
    call_audio: CallAudioService
    speakings: SpeakingService
    digits: DigitSender
    live_participants: LiveParticipantService
    meters: MeterService
    directory: DirectoryServices
    flows: FlowService
    activeflows: ActiveflowService
    background: BackgroundTasks
    external: ExternalMediaService
    recordings: RecordingService
    library: RecordingLibrary
    call_recordings: CallRecordings
    sounds: SoundService
    transcription: TranscriptionService
    streams: StreamService
    agent_streams: AgentStreamService
    listeners: ListenerService
    broadcasts: BroadcastService
    traces: TraceService
    webrtc: WebRtcEndpoint
    usage: UsageServices
    privacy: PrivacyService
    delivery: DeliveryService
    idempotency: IdempotencyService
    process: ProcessState
    cluster: Cluster
    satellites: SatelliteService | None = None
    """Of a node."""
    root_certificate: Path | None = None
    """The root of the server's own certificate authority; None if it has none."""
    telemetry: Telemetry = NO_TELEMETRY

    @property
    def style(self) -> TimestampStyle:
        return self.store.timestamp_style

    def counters(self) -> Mapping[str, int]:
        """Return every counter: the engine's by their names in C, the others' with a dot after their part."""
        return {
            **self.engine.counters(),
            **self.webrtc.counters,
            **self.delivery.counters,
            **self.access.counters,
            **self.admission.counters,
            **self.places.counters,
            **self.rooms.sounds.counters,
            "conference.pins_refused": self.rooms.pins.refused,
            **self.talking.counters,
            **self.dominant.counters,
            **self.holds.counters,
            **self.calls.counters,
            **self.recordings.counters,
            **self.background.counters,
            **self.external.counters,
            **self.sounds.counters,
            **self.keypad.counters,
            **self.phone_chat.counters,
            **self.playbacks.counters,
            **self.speakings.counters,
            **self.transcription.counters,
            **self.streams.counters,
            **self.agent_streams.counters,
            **self.listeners.counters,
            **self.broadcasts.counters,
            **self.traces.counters,
            **self.telemetry.counters,
            **self.usage.counters,
            **self.privacy.retention.counters,
            **self.store.fence.counters,
            **self.cluster.counters,
            **(self.satellites.counters if self.satellites else {}),
            **self.handover.counters,
            **self.process.counters(),
        }

    def tick_lateness_us(self) -> Mapping[str, int]:
        return self.engine.tick_lateness_us()

    def on_engine_event(self, event: EngineEvent) -> None:
        """Pass an event of the engine to the services that react to it."""
        self.calls.on_engine_event(event)
        self.talking.on_engine_event(event)
        self.dominant.on_engine_event(event)
        self.holds.on_engine_event(event)
        self.recordings.on_engine_event(event)
        if self.satellites:
            self.satellites.on_engine_event(event)


SERVICES: Final = web.AppKey("services", Services)
