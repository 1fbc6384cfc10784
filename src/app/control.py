"""Control: the services that decide, wired in one place for the server and for its tests.

A service that is new is built in one of the stages below, kept by the ground, and named in ``Control``.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from mixminus.access.service import AccessService
from mixminus.app.call_parts import CallParts, open_calls
from mixminus.app.ground import ControlConfig, Ground
from mixminus.app.room_parts import RoomParts, open_rooms
from mixminus.call.aside import AsideService
from mixminus.call.dialout import DialoutService
from mixminus.call.presence import PresenceService
from mixminus.call.service import CallService
from mixminus.call.transfer import TransferService
from mixminus.clock import Clock
from mixminus.conference.hearing import HearsService
from mixminus.conference.keypad import Keypad
from mixminus.conference.participants import ParticipantService
from mixminus.conference.room import Rooms
from mixminus.conference.service import ConferenceService
from mixminus.conference.talking import TalkingWatch
from mixminus.conference.watch import HealthWatch
from mixminus.directory.service import DirectoryServices
from mixminus.flow.activeflows import ActiveflowService
from mixminus.flow.flows import FlowService
from mixminus.flow.services import BackgroundTasks
from mixminus.mixer import Engine, EngineEvent
from mixminus.recording.calls import CallRecordings
from mixminus.recording.library import RecordingLibrary
from mixminus.recording.service import RecordingService
from mixminus.sound.service import SoundService
from mixminus.speech.recognition.service import TranscriptionService
from mixminus.store.database import Store
from mixminus.streams.external import ExternalMediaService
from mixminus.streams.service import StreamService

__all__ = ["Control", "ControlConfig", "open_control"]


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
    dialout: DialoutService
    transfers: TransferService
    directory: DirectoryServices
    flows: FlowService
    activeflows: ActiveflowService
    background: BackgroundTasks
    external: ExternalMediaService
    presence: PresenceService
    recordings: RecordingService
    library: RecordingLibrary
    call_recordings: CallRecordings
    hears: HearsService
    talking: TalkingWatch
    sounds: SoundService
    keypad: Keypad
    asides: AsideService
    transcription: TranscriptionService
    streams: StreamService

    def on_engine_event(self, event: EngineEvent) -> None:
        """Bring what the engine tells to those who wait for it."""
        self.calls.on_engine_event(event)
        self.talking.on_engine_event(event)
        self.recordings.on_engine_event(event)

    @property
    def counters(self) -> Mapping[str, int]:
        return {
            **self.access.counters,
            **self.rooms.ambience.counters,
            **self.talking.counters,
            **self.calls.counters,
            **self.recordings.counters,
            **self.background.counters,
            **self.external.counters,
            **self.sounds.counters,
            **self.keypad.counters,
            **self.transcription.counters,
            **self.streams.counters,
        }


@asynccontextmanager
async def open_control(
    store: Store, clock: Clock, engine: Engine, config: ControlConfig
) -> AsyncIterator[Control]:
    """Wire the services, let them take up what an earlier run has left, and close them in reverse."""
    async with AsyncExitStack() as stack:
        ground = Ground(store, clock, engine, config, stack)
        room = await open_rooms(ground)
        call = open_calls(ground, room)
        health = ground.kept(HealthWatch(store, clock, room.participants))
        talking = ground.kept(TalkingWatch(store, clock, room.rooms))
        ground.kept(call.calls)
        transfers = ground.kept(_open_transfers(room, call))
        # Before the calls: nothing is to follow the end of those that the server itself ends.
        ground.kept(call.runner)
        await _take_up(room, call)
        health.start()
        room.library.start()
        yield _control(ground, room, call, talking, transfers)


async def _take_up(room: RoomParts, call: CallParts) -> None:
    """Let each take up what an earlier run has left: first what others refer to."""
    await call.calls.start()
    await call.runner.start()
    await call.directory.registrations.prune()
    await call.dialout.start()
    await room.recordings.repair()
    await room.transcription.repair()
    await room.conferences.start()


def _open_transfers(room: RoomParts, call: CallParts) -> TransferService:
    return TransferService(
        calls=call.calls,
        dialout=call.dialout,
        directory=call.directory.plan,
        rooms=room.rooms,
        participants=room.participants,
    )


def _control(
    ground: Ground, room: RoomParts, call: CallParts, talking: TalkingWatch, transfers: TransferService
) -> Control:
    return Control(
        store=ground.store,
        clock=ground.clock,
        engine=ground.engine,
        access=AccessService(ground.store, ground.clock),
        rooms=room.rooms,
        conferences=room.conferences,
        participants=room.participants,
        calls=call.calls,
        dialout=call.dialout,
        transfers=transfers,
        directory=call.directory,
        flows=room.flows,
        activeflows=call.activeflows,
        background=call.background,
        external=call.external,
        presence=PresenceService(conferences=room.conferences, rooms=room.rooms, calls=call.calls),
        recordings=room.recordings,
        library=room.library,
        call_recordings=CallRecordings(call.calls, room.recordings),
        hears=HearsService(conferences=room.conferences, rooms=room.rooms),
        talking=talking,
        sounds=room.sounds,
        keypad=room.keypad,
        asides=AsideService(calls=call.calls, ambience=room.rooms.ambience, sounds=room.sounds),
        transcription=room.transcription,
        streams=StreamService(
            ground.engine, rooms=room.rooms, conferences=room.conferences, calls=call.calls
        ),
    )
