"""Control: the services that decide, wired in one place for the server and for its tests.

A service that is new is built in ``open_control``, closed by its stack, and named in ``Control``.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mixminus.access.service import AccessService
from mixminus.app.flow_parts import flow_services
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
from mixminus.flow.activeflows import ActiveflowService
from mixminus.flow.errands import Errands
from mixminus.flow.flows import FlowService
from mixminus.flow.runner import FlowRunner
from mixminus.ids import ConferenceId
from mixminus.mixer import Engine, EngineEvent
from mixminus.recording.service import RecordingService
from mixminus.store.database import Store

__all__ = ["Control", "ControlConfig", "open_control"]


@dataclass(frozen=True, slots=True)
class ControlConfig:
    """What an operator may choose of the services."""

    recordings_directory: Path
    recording_sample_rate_hz: int = 16_000
    private_targets: bool = True
    """Whether actions may ask this machine and private networks."""
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
    flows: FlowService
    activeflows: ActiveflowService
    errands: Errands
    presence: PresenceService
    recordings: RecordingService
    hears: HearsService
    talking: TalkingWatch

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
            **self.errands.counters,
        }


@asynccontextmanager
async def open_control(
    store: Store, clock: Clock, engine: Engine, config: ControlConfig
) -> AsyncIterator[Control]:
    """Wire the services, let them take up what an earlier run has left, and close them in reverse."""
    async with AsyncExitStack() as stack:
        recordings = _open_recordings(store, clock, config, stack)
        rooms = Rooms(engine, clock)
        lifecycle = Lifecycle(store, clock, rooms, recordings)
        flows = FlowService(store, clock)
        conferences = ConferenceService(
            store, clock, rooms=rooms, lifecycle=lifecycle, recorder=recordings, flows=flows
        )
        stack.push_async_callback(conferences.close)
        participants = ParticipantService(store, clock, rooms=rooms, lifecycle=lifecycle)
        services = flow_services(
            store, clock, participants, flows, private_targets=config.private_targets, stack=stack
        )
        runner = FlowRunner(store, clock, services)
        calls = CallService(store, clock, run_flow=runner.run, names=config.names)
        health = HealthWatch(store, clock, participants)
        stack.push_async_callback(health.close)
        talking = TalkingWatch(store, clock, rooms)
        stack.push_async_callback(talking.close)
        stack.push_async_callback(calls.close)
        # Before the calls: nothing is to follow the end of those that the server itself ends.
        stack.push_async_callback(runner.close)
        await recordings.repair()
        await calls.start()
        await runner.start()
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
            flows=flows,
            activeflows=ActiveflowService(store, clock, runner=runner, flows=flows),
            errands=services.errands,
            presence=PresenceService(conferences=conferences, rooms=rooms, calls=calls),
            recordings=recordings,
            hears=HearsService(conferences=conferences, rooms=rooms),
            talking=talking,
        )


def _open_recordings(
    store: Store, clock: Clock, config: ControlConfig, stack: AsyncExitStack
) -> RecordingService:
    recordings = RecordingService(
        store,
        clock,
        directory=config.recordings_directory,
        sample_rate_hz=config.recording_sample_rate_hz,
    )
    stack.push_async_callback(recordings.close)
    return recordings
