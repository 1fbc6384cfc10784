"""The wiring: builds every service once, in order, and closes them in reverse.

    registries       live calls, rooms, transports: what services share
    media            sounds, recordings, transcription
    decisions        conferences, participants, calls, flows
    API              operations that clients call

Each service gets what it needs when it is made. Where two need each other (flows make calls, calls run flows;
what ends begins a flow), the earlier one gets a function that names the later one.
"""

import random
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol, TypeVar

from mixminus.access.idempotency import IdempotencyService
from mixminus.access.service import AccessService
from mixminus.api.services import ProcessState, Services
from mixminus.app import end_flows
from mixminus.app.nodes import resume
from mixminus.app.service_config import ServiceConfig
from mixminus.app.sounds import open_sounds
from mixminus.broadcast.listeners import ListenerService
from mixminus.broadcast.service import BroadcastService
from mixminus.call.admission import Admission
from mixminus.call.audio import CallAudioService
from mixminus.call.breakout import BreakoutService
from mixminus.call.dialout import DialoutService
from mixminus.call.digit_sender import DigitSender
from mixminus.call.early_media import EarlyMediaService
from mixminus.call.live_participants import LiveParticipantService
from mixminus.call.local import LocalLegs
from mixminus.call.meters import MeterService
from mixminus.call.move import MoveService
from mixminus.call.phone_chat import PhoneChat, no_other_node
from mixminus.call.registry import LiveCalls
from mixminus.call.replacement import ReplacementService
from mixminus.call.service import CallService
from mixminus.call.speakings import SpeakingService
from mixminus.call.transfer import TransferService
from mixminus.call.transports import Transports
from mixminus.clock import Clock
from mixminus.cluster.alone import Alone
from mixminus.cluster.membership import Membership
from mixminus.conference.announcements import Announcements
from mixminus.conference.chat import ChatService
from mixminus.conference.dominant import DominantSpeakers
from mixminus.conference.handover import Handover
from mixminus.conference.hears import HearsService
from mixminus.conference.keypad import Keypad
from mixminus.conference.lifecycle import Lifecycle
from mixminus.conference.lobby import LobbyService
from mixminus.conference.participants import ParticipantService
from mixminus.conference.playback import PlaybackService
from mixminus.conference.reservations import Reservations
from mixminus.conference.room import Rooms
from mixminus.conference.service import ConferenceService
from mixminus.conference.watchers import HealthWatch, HoldWatch, TalkingWatch
from mixminus.delivery.media_socket import MediaConnector
from mixminus.delivery.outgoing import WebClient, is_public
from mixminus.delivery.service import DeliveryService
from mixminus.directory.service import open_directory
from mixminus.flow.activeflows import ActiveflowService
from mixminus.flow.flows import FlowService
from mixminus.flow.runner import FlowRunner
from mixminus.flow.services import BackgroundTasks, FlowServices
from mixminus.mixer import Engine
from mixminus.privacy.service import PrivacyService
from mixminus.recording.calls import CallRecordings
from mixminus.recording.library import RecordingLibrary
from mixminus.recording.service import RecordingService
from mixminus.recording.storage import open_storage
from mixminus.satellite.heir import Aftermath
from mixminus.satellite.places import Places
from mixminus.satellite.service import SatelliteService
from mixminus.speech.recognition.pool import RecogniserPool
from mixminus.speech.recognition.service import TranscriptionService
from mixminus.store.database import Store
from mixminus.streams.agents import AgentStreamService
from mixminus.streams.external import ExternalMediaService
from mixminus.streams.service import StreamService
from mixminus.telemetry import NO_TELEMETRY, Telemetry
from mixminus.trace.service import TraceConfig, TraceService
from mixminus.usage.service import open_usage
from mixminus.webrtc.endpoint import WebRtcEndpoint

__all__ = ["open_services"]


class _Closable(Protocol):
    def close(self) -> Awaitable[None]: ...


Service = TypeVar("Service", bound=_Closable)


@asynccontextmanager
async def open_services(  # noqa: PLR0913, PLR0915 -- all that the services are made of
    store: Store,
    clock: Clock,
    engine: Engine,
    config: ServiceConfig,
    *,
    delivery: DeliveryService,
    process: ProcessState = ProcessState(),  # noqa: B008 -- frozen
    telemetry: Telemetry = NO_TELEMETRY,
    membership: Membership | None = None,
) -> AsyncIterator[Services]:
    """Build the services, let them resume what the previous run left, and close them in reverse order.

    ``membership`` makes the server a node. ``delivery`` runs already, so that no event is missed; the transports are started by the caller.
    """
    activeflows: ActiveflowService
    calls: CallService
    phone_chat: PhoneChat
    async with AsyncExitStack() as stack:

        def closing(service: Service) -> Service:
            """Return a service that is closed before all that came earlier."""
            stack.push_async_callback(service.close)
            return service

        sounds = await stack.enter_async_context(
            open_sounds(engine, clock, config.sounds, config.private_targets)
        )
        live_calls = LiveCalls()
        transports = Transports(closing(LocalLegs(engine, clock, lambda: calls)))
        rooms = Rooms(engine, clock, sounds.tune, config.room_seats if membership else None)
        announcements = Announcements(sounds.service)

        recordings = closing(
            RecordingService(
                store,
                clock,
                directory=config.recordings_directory,
                sample_rate_hz=config.recording_sample_rate_hz,
                storage=open_storage(config.recording_storage_url, config.recordings_directory),
                part_s=config.recording_part_s,
                seat_of=rooms.seat_of,
                on_ended=lambda recording: end_flows.after_recording(activeflows, recording),
            )
        )
        library = closing(RecordingLibrary(recordings, clock, retention_days=config.recording_retention_days))
        transcription = closing(
            TranscriptionService(
                store,
                clock,
                rooms=rooms,
                live_calls=live_calls,
                recordings=recordings,
                pool=RecogniserPool(config.speech),
                on_done=lambda transcribe: end_flows.after_transcribe(activeflows, transcribe),
            )
        )
        usage = closing(
            open_usage(
                store,
                clock,
                config.usage,
                is_busy=lambda: len(live_calls) > 0,
                end_calls=lambda customer_id: calls.end_all_of(customer_id),  # noqa: PLW0108 -- made later
            )
        )
        lifecycle = Lifecycle(
            store,
            clock,
            rooms,
            recorder=recordings,
            transcriber=transcription,
            announcements=announcements,
            meter=usage.meter,
        )
        flows = FlowService(store, clock)
        conferences = closing(
            ConferenceService(
                store,
                clock,
                rooms=rooms,
                lifecycle=lifecycle,
                recorder=recordings,
                flows=flows,
                balances=usage.balances,
            )
        )
        participants = ParticipantService(
            store, clock, rooms=rooms, lifecycle=lifecycle, announcements=announcements, meter=usage.meter
        )
        keypad = closing(
            Keypad(store, clock, rooms=rooms, participants=participants, announcements=announcements)
        )
        directory = open_directory(
            store,
            clock,
            domain=config.sip_domain,
            names=config.names,
            flows=flows,
            find_room=rooms.find,
            carrier=config.trunk,
        )
        dialout = closing(
            DialoutService(
                store,
                clock,
                live_calls=live_calls,
                conferences=conferences,
                flows=flows,
                routes=directory.outbound_routes,
                legs=transports,
                serve=lambda live, program, *, early, wanted: calls.place(
                    live, program, early=early, wanted=wanted
                ),
                balances=usage.balances,
            )
        )
        external = closing(
            ExternalMediaService(
                engine, clock, reachable=(lambda _: True) if config.private_targets else is_public
            )
        )
        agent_streams = closing(
            AgentStreamService(
                store,
                clock,
                streams=StreamService(
                    engine, clock, rooms=rooms, conferences=conferences, calls=lambda: calls
                ),
                connector=MediaConnector(private_targets=config.private_targets),
            )
        )
        background = closing(BackgroundTasks())
        holds = closing(HoldWatch(store, clock, rooms))
        satellites = (
            closing(
                SatelliteService(
                    store,
                    clock,
                    engine,
                    membership,
                    host=membership.host,
                    rooms=rooms,
                    live_calls=live_calls,
                    participants=participants,
                    keypad=keypad,
                    sounds=sounds.service,
                    on_hold=holds.on_engine_event,
                    on_text=lambda *text: phone_chat.write(*text),  # noqa: PLW0108 -- made later
                    aftermath=Aftermath(lifecycle, usage.meter, recordings.ledger.mark_abandoned),
                )
            )
            if membership
            else None
        )
        runner = FlowRunner(
            store,
            clock,
            FlowServices(
                store=store,
                clock=clock,
                participants=satellites.seating if satellites else participants,
                flows=flows,
                recorder=recordings,
                dialout=dialout,
                early_media=closing(EarlyMediaService(rooms)),
                web=closing(WebClient(private_targets=config.private_targets)),
                background=background,
                external=external,
                agent_streams=agent_streams,
                sounds=sounds.service,
                keypad=satellites.keypad if satellites else keypad,
                transcriber=transcription,
            ),
        )
        activeflows = ActiveflowService(store, clock, runner=runner, flows=flows)
        health = closing(HealthWatch(store, clock, participants))
        calls = closing(
            CallService(
                store,
                clock,
                live_calls=live_calls,
                flows=runner,
                directory=directory.plan,
                balances=usage.balances,
                max_duration_s=config.call_max_duration_s,
                telemetry=telemetry,
            )
        )
        transfers = closing(
            TransferService(
                calls=calls,
                live_calls=live_calls,
                dialout=dialout,
                directory=directory.plan,
                rooms=rooms,
                participants=participants,
                seat_of_call=satellites.seat_of_call if satellites else rooms.seat_of_call,
            )
        )
        replacements = closing(
            ReplacementService(calls=calls, live_calls=live_calls, directory=directory.plan, rooms=rooms)
        )
        # Closed before the calls: the end of a call that the server itself ends begins no flow.
        closing(runner)

        traces = closing(
            TraceService(
                clock,
                live_calls=live_calls,
                calls=calls,
                config=config.traces or TraceConfig(config.recordings_directory.parent / "traces"),
            )
        )
        chat = ChatService(store, clock, conferences=conferences, rooms=rooms)
        phone_chat = closing(
            PhoneChat(
                chat=chat,
                rooms=rooms,
                live_calls=live_calls,
                write_elsewhere=satellites.write if satellites else no_other_node,
            )
        )
        access = closing(
            AccessService(
                store,
                clock,
                audit_retention_days=config.audit_retention_days,
                metrics_token=config.metrics_token,
            )
        )
        access.customers.watch(directory.refresh)
        services = Services(
            store=store,
            clock=clock,
            engine=engine,
            rooms=rooms,
            live_calls=live_calls,
            transports=transports,
            admission=(admission := Admission(engine, clock, config.max_load)),
            cluster=(cluster := membership or Alone()),
            places=Places(
                store, cluster, admission, here=rooms.here, branches=satellites, chance=random.Random()
            ),
            access=access,
            conferences=conferences,
            participants=participants,
            chat=chat,
            phone_chat=phone_chat,
            lobby=LobbyService(conferences=conferences, participants=participants, rooms=rooms),
            playbacks=closing(
                PlaybackService(
                    store,
                    clock,
                    rooms=rooms,
                    conferences=conferences,
                    participants=participants,
                    sounds=sounds.service,
                )
            ),
            hears=HearsService(conferences=conferences, rooms=rooms),
            handover=Handover(store, rooms=rooms, lifecycle=lifecycle),
            talking=closing(TalkingWatch(store, clock, rooms)),
            dominant=closing(DominantSpeakers(store, clock, rooms)),
            holds=holds,
            keypad=keypad,
            calls=calls,
            dialout=dialout,
            transfers=transfers,
            breakouts=BreakoutService(
                conferences=conferences,
                rooms=rooms,
                moves=closing(
                    MoveService(
                        conferences=conferences,
                        participants=participants,
                        reservations=Reservations(
                            store, clock, rooms=rooms, lifecycle=lifecycle, participants=participants
                        ),
                        rooms=rooms,
                        live_calls=live_calls,
                    )
                ),
            ),
            replacements=replacements,
            digits=closing(DigitSender(clock, calls)),
            call_audio=CallAudioService(calls=calls, room_sounds=rooms.sounds, sounds=sounds.service),
            speakings=closing(
                SpeakingService(
                    store,
                    clock,
                    calls=calls,
                    conferences=conferences,
                    rooms=rooms,
                    sounds=sounds.service,
                )
            ),
            live_participants=LiveParticipantService(
                conferences=conferences, rooms=rooms, live_calls=live_calls
            ),
            meters=MeterService(conferences=conferences, rooms=rooms, live_calls=live_calls),
            directory=directory,
            flows=flows,
            activeflows=activeflows,
            background=background,
            external=external,
            recordings=recordings,
            library=library,
            call_recordings=CallRecordings(calls, recordings),
            sounds=sounds.service,
            transcription=transcription,
            streams=agent_streams.streams,
            agent_streams=agent_streams,
            traces=traces,
            webrtc=WebRtcEndpoint(engine, calls, config.webrtc),
            listeners=closing(
                ListenerService(
                    store, clock, rooms=rooms, conferences=conferences, webrtc=lambda: services.webrtc
                )
            ),
            broadcasts=closing(
                BroadcastService(
                    store, clock, rooms=rooms, conferences=conferences, private_targets=config.private_targets
                )
            ),
            usage=usage,
            privacy=closing(
                PrivacyService(store, clock, library=library, traces=traces, keep=config.retention)
            ),
            delivery=delivery,
            idempotency=IdempotencyService(store, clock),
            process=process,
            root_certificate=config.root_certificate,
            telemetry=telemetry,
            satellites=satellites,
        )
        await resume(services, runner, membership, stack)
        health.start()
        yield services
