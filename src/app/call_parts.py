"""Calls, who is called, and what calls do, wired for ``control``; a service that actions are given is a line here."""

from dataclasses import dataclass

from mixminus.app.ground import Ground
from mixminus.app.recording_parts import run_at_end
from mixminus.app.room_parts import RoomParts
from mixminus.app.transcription_parts import run_when_done
from mixminus.call.dialout import DialoutService
from mixminus.call.service import CallService
from mixminus.delivery.targets import is_public
from mixminus.delivery.web_client import WebClient
from mixminus.directory.service import DirectoryServices, open_directory
from mixminus.flow.activeflows import ActiveflowService
from mixminus.flow.runner import FlowRunner
from mixminus.flow.services import BackgroundTasks, FlowServices
from mixminus.streams.external import ExternalMediaService

__all__ = ["CallParts", "open_calls"]


@dataclass(frozen=True, slots=True)
class CallParts:
    """Everything that has to do with a call; ``calls`` and ``runner`` are to be kept by whoever asked."""

    directory: DirectoryServices
    runner: FlowRunner
    calls: CallService
    dialout: DialoutService
    activeflows: ActiveflowService
    background: BackgroundTasks
    external: ExternalMediaService


def open_calls(ground: Ground, room: RoomParts) -> CallParts:
    """Build what a call needs, from what its flow may ask for up."""
    store, clock, config = ground.store, ground.clock, ground.config
    directory = open_directory(
        store, clock, domain=config.sip_domain, names=config.names, flows=room.flows, carrier=config.trunk
    )
    dialout = ground.kept(
        DialoutService(store, clock, conferences=room.conferences, flows=room.flows, ways=directory.ways)
    )
    reachable = (lambda _: True) if config.private_targets else is_public
    external = ground.kept(ExternalMediaService(ground.engine, clock, reachable=reachable))
    services = _flow_services(ground, room, dialout, external)
    runner = FlowRunner(store, clock, services)
    calls = CallService(
        store,
        clock,
        run_flow=runner.run,
        directory=directory.plan,
        max_duration_s=config.call_max_duration_s,
    )
    dialout.calls = calls
    room.transcription.know(calls.live)
    activeflows = ActiveflowService(store, clock, runner=runner, flows=room.flows)
    run_at_end(room.recordings, activeflows)
    run_when_done(room.transcription, activeflows)
    return CallParts(
        directory=directory,
        runner=runner,
        calls=calls,
        dialout=dialout,
        activeflows=activeflows,
        background=services.background,
        external=external,
    )


def _flow_services(
    ground: Ground, room: RoomParts, dialout: DialoutService, external: ExternalMediaService
) -> FlowServices:
    """Return what actions may ask of the house."""
    return FlowServices(
        store=ground.store,
        clock=ground.clock,
        participants=room.participants,
        flows=room.flows,
        recorder=room.recordings,
        dialout=dialout,
        web=ground.kept(WebClient(private_targets=ground.config.private_targets)),
        background=ground.kept(BackgroundTasks()),
        external=external,
        sounds=room.sounds,
        keypad=room.keypad,
        transcriber=room.transcription,
    )
