"""Control: the services that decide, wired in one place for the server and for its tests.

A service that is new is built in ``open_control``, closed by its stack, and named in ``Control``.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mixminus.access.service import AccessService
from mixminus.app.call_parts import open_calls, open_dialout
from mixminus.app.flow_parts import flow_services
from mixminus.app.recording_parts import open_recordings, run_at_end
from mixminus.call.dialout import DialoutService
from mixminus.call.outbound import Trunk
from mixminus.call.presence import PresenceService
from mixminus.call.service import MAX_DURATION_S, CallService
from mixminus.clock import Clock
from mixminus.conference.hearing import HearsService
from mixminus.conference.lifecycle import Lifecycle
from mixminus.conference.participants import ParticipantService
from mixminus.conference.room import Rooms
from mixminus.conference.service import ConferenceService
from mixminus.conference.talking import TalkingWatch
from mixminus.conference.watch import HealthWatch
from mixminus.flow.activeflows import ActiveflowService
from mixminus.flow.errands import Errands
from mixminus.flow.flows import FlowService
from mixminus.flow.runner import FlowRunner
from mixminus.ids import ConferenceId
from mixminus.mixer import Engine, EngineEvent
from mixminus.recording.calls import CallRecordings
from mixminus.recording.library import RecordingLibrary
from mixminus.recording.service import RecordingService
from mixminus.store.database import Store

__all__ = ["Control", "ControlConfig", "open_control"]


@dataclass(frozen=True, slots=True)
class ControlConfig:
    """What an operator may choose of the services."""

    recordings_directory: Path
    recording_sample_rate_hz: int = 16_000
    recording_storage_url: str = ""
    recording_retention_days: int = 0
    private_targets: bool = True
    """Whether actions may ask this machine and private networks."""
    names: Mapping[str, ConferenceId] = field(default_factory=dict)
    """What a phone can dial beside ids and hashes; may grow later."""
    trunk: Trunk | None = None
    call_max_duration_s: float = MAX_DURATION_S


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
    flows: FlowService
    activeflows: ActiveflowService
    errands: Errands
    presence: PresenceService
    recordings: RecordingService
    library: RecordingLibrary
    call_recordings: CallRecordings
    hears: HearsService
    talking: TalkingWatch

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
            **self.recordings.counters,
            **self.errands.counters,
        }


@asynccontextmanager
async def open_control(
    store: Store, clock: Clock, engine: Engine, config: ControlConfig
) -> AsyncIterator[Control]:
    """Wire the services, let them take up what an earlier run has left, and close them in reverse."""
    async with AsyncExitStack() as stack:
        rooms = Rooms(engine, clock)
        recordings, library = open_recordings(store, clock, config, seat_of=rooms.seat_of, stack=stack)
        lifecycle = Lifecycle(store, clock, rooms, recordings)
        flows = FlowService(store, clock)
        conferences = ConferenceService(
            store, clock, rooms=rooms, lifecycle=lifecycle, recorder=recordings, flows=flows
        )
        stack.push_async_callback(conferences.close)
        participants = ParticipantService(store, clock, rooms=rooms, lifecycle=lifecycle)
        dialout = open_dialout(store, clock, config, conferences=conferences, flows=flows, stack=stack)
        services = flow_services(store, clock, participants, flows, recordings, dialout, config, stack)
        runner = FlowRunner(store, clock, services)
        calls = open_calls(store, clock, config, run_flow=runner.run, dialout=dialout)
        health = HealthWatch(store, clock, participants)
        stack.push_async_callback(health.close)
        talking = TalkingWatch(store, clock, rooms)
        stack.push_async_callback(talking.close)
        stack.push_async_callback(calls.close)
        # Before the calls: nothing is to follow the end of those that the server itself ends.
        stack.push_async_callback(runner.close)
        activeflows = ActiveflowService(store, clock, runner=runner, flows=flows)
        run_at_end(recordings, activeflows)
        await calls.start()
        await dialout.start()
        await runner.start()
        await recordings.repair()
        await conferences.start()
        health.start()
        library.start()
        yield Control(
            store=store,
            clock=clock,
            engine=engine,
            access=AccessService(store, clock),
            rooms=rooms,
            conferences=conferences,
            participants=participants,
            calls=calls,
            dialout=dialout,
            flows=flows,
            activeflows=activeflows,
            errands=services.errands,
            presence=PresenceService(conferences=conferences, rooms=rooms, calls=calls),
            recordings=recordings,
            library=library,
            call_recordings=CallRecordings(calls, recordings),
            hears=HearsService(conferences=conferences, rooms=rooms),
            talking=talking,
        )
