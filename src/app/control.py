"""Control: the services that decide, wired in one place for the server and for its tests.

A service that is new is built in ``open_control``, closed by its stack, and named in ``Control``.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mixminus.access.service import AccessService
from mixminus.call.live import LiveCall
from mixminus.call.presence import PresenceService
from mixminus.call.service import CallService
from mixminus.clock import Clock
from mixminus.conference.hearing import HearsService
from mixminus.conference.lifecycle import Lifecycle
from mixminus.conference.participants import ParticipantService
from mixminus.conference.room import Rooms
from mixminus.conference.service import ConferenceService
from mixminus.conference.talking import TalkingWatch
from mixminus.conference.watch import HealthWatch
from mixminus.flow.runner import FlowRunner
from mixminus.flow.services import FlowServices
from mixminus.ids import CallId, ConferenceId
from mixminus.mixer import Engine, EngineEvent
from mixminus.recording.service import RecordingService
from mixminus.speech.recognition.pool import RecogniserPool, SpeechConfig
from mixminus.speech.recognition.service import TranscriptionService
from mixminus.store.database import Store
from mixminus.streams.service import StreamService

__all__ = ["Control", "ControlConfig", "open_control"]


@dataclass(frozen=True, slots=True)
class ControlConfig:
    """What an operator may choose of the services."""

    recordings_directory: Path
    recording_sample_rate_hz: int = 16_000
    speech: SpeechConfig = field(default_factory=SpeechConfig)
    names: Mapping[str, ConferenceId] = field(default_factory=dict)
    """What a phone can dial beside ids and hashes; may grow later."""


@dataclass(frozen=True, slots=True)
class Control:
    """The services, before anybody can reach them."""

    store: Store
    clock: Clock
    engine: Engine
    access: AccessService
    rooms: Rooms
    conferences: ConferenceService
    participants: ParticipantService
    calls: CallService
    presence: PresenceService
    recordings: RecordingService
    hears: HearsService
    talking: TalkingWatch
    transcription: TranscriptionService
    streams: StreamService

    def on_engine_event(self, event: EngineEvent) -> None:
        """Bring what the engine tells to those who wait for it."""
        self.calls.on_engine_event(event)
        self.talking.on_engine_event(event)

    @property
    def counters(self) -> Mapping[str, int]:
        return {
            **self.access.counters,
            **self.rooms.ambience.counters,
            **self.talking.counters,
            **self.transcription.counters,
            **self.streams.counters,
        }


@asynccontextmanager
async def open_control(
    store: Store, clock: Clock, engine: Engine, config: ControlConfig
) -> AsyncIterator[Control]:
    """Wire the services, let them take up what an earlier run has left, and close them in reverse."""
    async with AsyncExitStack() as stack:
        recordings = RecordingService(
            store,
            clock,
            directory=config.recordings_directory,
            sample_rate_hz=config.recording_sample_rate_hz,
        )
        stack.push_async_callback(recordings.close)
        rooms = Rooms(engine, clock)

        def live_call(call_id: CallId) -> LiveCall | None:
            # Calls come later here, and before anybody asks for one.
            return calls.live.get(call_id)

        transcription = TranscriptionService(
            store,
            clock,
            rooms=rooms,
            recordings=recordings,
            pool=RecogniserPool(config.speech),
            live_call=live_call,
        )
        stack.push_async_callback(transcription.close)
        lifecycle = Lifecycle(store, clock, rooms, recordings, transcription)
        conferences = ConferenceService(
            store,
            clock,
            rooms=rooms,
            lifecycle=lifecycle,
            recorder=recordings,
            transcriber=transcription,
        )
        stack.push_async_callback(conferences.close)
        participants = ParticipantService(store, clock, rooms=rooms, lifecycle=lifecycle)
        flows = FlowRunner(FlowServices(participants=participants, transcriber=transcription, clock=clock))
        calls = CallService(store, clock, run_flow=flows.run, names=config.names)
        health = HealthWatch(store, clock, participants)
        stack.push_async_callback(health.close)
        talking = TalkingWatch(store, clock, rooms)
        stack.push_async_callback(talking.close)
        stack.push_async_callback(calls.close)
        await recordings.repair()
        await transcription.repair()
        await calls.start()
        await conferences.start()
        health.start()
        yield Control(
            store=store,
            clock=clock,
            engine=engine,
            access=AccessService(store, clock),
            rooms=rooms,
            conferences=conferences,
            participants=participants,
            calls=calls,
            presence=PresenceService(conferences=conferences, rooms=rooms, calls=calls),
            recordings=recordings,
            hears=HearsService(conferences=conferences, rooms=rooms),
            talking=talking,
            transcription=transcription,
            streams=StreamService(engine, clock, rooms=rooms, conferences=conferences, calls=calls),
        )
