"""The composition root: builds the house from the ground up, and takes it down in reverse.

    data folder, database        what survives
    engine                       media
    services                     decisions
    SIP and WebRTC endpoints     legs come in
    HTTP                         commands come in

Each part is given what it needs; nothing looks for anything.
"""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from mixminus.api.application import build
from mixminus.api.idempotency import IdempotencyService
from mixminus.api.services import Services
from mixminus.app import data_folder
from mixminus.app.addresses import advertised_host
from mixminus.app.demo import Demo, open_demo
from mixminus.app.settings import Settings, setting_name
from mixminus.call.presence import PresenceService
from mixminus.call.service import CallService
from mixminus.clock import SystemClock
from mixminus.conference.lifecycle import Lifecycle
from mixminus.conference.participants import ParticipantService
from mixminus.conference.room import Rooms
from mixminus.conference.service import ConferenceService
from mixminus.conference.watch import HealthWatch
from mixminus.errors import MixMinusError, Unavailable
from mixminus.flow.runner import FlowRunner
from mixminus.ids import ConferenceId
from mixminus.mixer import Engine, EngineConfig
from mixminus.recording.service import RecordingService
from mixminus.sip.config import SipConfig
from mixminus.sip.endpoint import SipEndpoint
from mixminus.store.access import AccessService
from mixminus.store.database import Store
from mixminus.store.migrations import upgrade
from mixminus.store.timestamps import TimestampStyle
from mixminus.webrtc.config import WebRtcConfig
from mixminus.webrtc.endpoint import WebRtcEndpoint

__all__ = ["House", "house"]

# Idle connections close at once; a download that runs gets this long to end.
HTTP_SHUTDOWN_S: Final = 2.0
PORT_TRIES: Final = 7
PORT_RETRY_S: Final = 0.5
WHY: Final = {
    errno.EADDRINUSE: "is already in use; stop what listens there, or choose another port",
    errno.EADDRNOTAVAIL: "is not an address of this machine; choose one that is",
    errno.EACCES: "may not be opened by this user; choose a port above 1023",
}


@dataclass(frozen=True, slots=True)
class House:
    """What a running server tells of itself."""

    http: tuple[str, int]
    sip: tuple[str, int]
    webrtc: tuple[str, int]
    fresh_key: str | None
    """The first access key, if it was made just now: told once, then forgotten."""
    demo: Demo | None


@dataclass(frozen=True, slots=True)
class _Control:
    """The services, before anybody can reach them."""

    access: AccessService
    conferences: ConferenceService
    participants: ParticipantService
    calls: CallService
    presence: PresenceService
    recordings: RecordingService


@asynccontextmanager
async def house(settings: Settings, *, demo: bool = False) -> AsyncIterator[House]:
    """Build everything, and close it again in reverse whatever happens."""
    clock = SystemClock()
    names = {name: ConferenceId(room) for name, room in settings.dialin.items()}
    async with AsyncExitStack() as stack:
        stack.enter_context(data_folder.hold(settings.data_dir))
        store = await _open_store(settings, stack)
        engine = _start_engine(settings, stack)
        control = await _start_services(settings, store, engine, clock=clock, names=names, stack=stack)
        identity, fresh_key = await control.access.ensure_default(
            settings.access_key.get_secret_value() or None
        )
        _watch(engine, control.calls, stack)
        webrtc = await _start_webrtc(settings, engine, control.calls, stack)
        sip = await _start_sip(settings, engine, control.calls, stack)
        services = Services(
            access=control.access,
            conferences=control.conferences,
            participants=control.participants,
            calls=control.calls,
            presence=control.presence,
            recordings=control.recordings,
            webrtc=webrtc,
            idempotency=IdempotencyService(store, clock),
            clock=clock,
            style=store.timestamp_style,
            readiness=lambda: {"sip": sip.ready, "webrtc": webrtc.ready},
            counters=lambda: engine.counters() | webrtc.counters | sip.counters,
            tick_lateness_us=engine.tick_lateness_us,
        )
        http = await _start_http(settings, services, stack)
        yield House(
            http=http,
            sip=(advertised_host(settings, settings.sip_host), sip.port),
            webrtc=(advertised_host(settings, settings.media_host), webrtc.port),
            fresh_key=fresh_key,
            demo=await open_demo(
                control.access,
                control.conferences,
                customer_id=identity.customer_id,
                fresh_key=fresh_key,
                names=names,
            )
            if demo
            else None,
        )


async def _open_store(settings: Settings, stack: AsyncExitStack) -> Store:
    try:
        await upgrade(settings.database)
    except Exception as error:
        problem = str(error).replace(settings.database, "<the URL>").partition("\n")[0]
        raise Unavailable(
            f"{setting_name('database_url')}: the database cannot be opened: {problem}; "
            "correct the URL, or start the database"
        ) from error
    store = Store(settings.database, TimestampStyle(settings.timestamp_style))
    stack.push_async_callback(store.close)
    return store


def _start_engine(settings: Settings, stack: AsyncExitStack) -> Engine:
    engine = Engine(
        EngineConfig(
            shards=settings.shards,
            media_timeout_ms=settings.media_timeout_ms,
            rtp_host=settings.sip_host,
            rtp_port_min=settings.rtp_port_min,
            rtp_port_max=settings.rtp_port_max,
        )
    )
    stack.callback(engine.close)
    engine.start()
    return engine


async def _start_services(
    settings: Settings,
    store: Store,
    engine: Engine,
    *,
    clock: SystemClock,
    names: dict[str, ConferenceId],
    stack: AsyncExitStack,
) -> _Control:
    """Wire the services, and let them take up what an earlier run has left."""
    recordings = RecordingService(
        store,
        clock,
        directory=settings.data_dir / "recordings",
        sample_rate_hz=settings.recording_sample_rate_hz,
    )
    stack.push_async_callback(recordings.close)
    rooms = Rooms(engine)
    lifecycle = Lifecycle(store, clock, rooms, recordings)
    conferences = ConferenceService(store, clock, rooms=rooms, lifecycle=lifecycle, recorder=recordings)
    stack.push_async_callback(conferences.close)
    participants = ParticipantService(store, clock, rooms=rooms, lifecycle=lifecycle)
    calls = CallService(store, clock, run_flow=FlowRunner(participants, clock).run, names=names)
    health = HealthWatch(store, clock, participants)
    stack.push_async_callback(health.close)
    stack.push_async_callback(calls.close)
    await recordings.repair()
    await calls.start()
    await conferences.start()
    health.start()
    return _Control(
        access=AccessService(store, clock),
        conferences=conferences,
        participants=participants,
        calls=calls,
        presence=PresenceService(conferences=conferences, rooms=rooms, calls=calls),
        recordings=recordings,
    )


def _watch(engine: Engine, calls: CallService, stack: AsyncExitStack) -> None:
    """Bring the engine's events to the calls."""
    loop = asyncio.get_running_loop()
    descriptor = engine.fileno()

    def drain() -> None:
        for event in engine.events():
            calls.on_engine_event(event)

    loop.add_reader(descriptor, drain)
    stack.callback(loop.remove_reader, descriptor)


async def _start_webrtc(
    settings: Settings, engine: Engine, calls: CallService, stack: AsyncExitStack
) -> WebRtcEndpoint:
    host = settings.media_host
    config = WebRtcConfig(host=host, port=settings.webrtc_port, public_host=advertised_host(settings, host))
    endpoint = WebRtcEndpoint(engine, calls, config)
    with _listening("webrtc", host, settings.webrtc_port):
        await _probe(host, settings.webrtc_port, socket.SOCK_DGRAM)
        await endpoint.start()
    stack.push_async_callback(endpoint.close)
    return endpoint


async def _start_sip(
    settings: Settings, engine: Engine, calls: CallService, stack: AsyncExitStack
) -> SipEndpoint:
    config = SipConfig(
        host=settings.sip_host,
        port=settings.sip_port,
        public_host=advertised_host(settings, settings.sip_host),
        max_calls=settings.sip_max_calls,
        log_level=settings.log_level,
        log_json=settings.log_json,
    )
    endpoint = SipEndpoint(engine, calls, config, on_event=calls.on_engine_event)
    stack.push_async_callback(endpoint.close)
    with _listening("sip", settings.sip_host, settings.sip_port):
        await _probe(settings.sip_host, settings.sip_port, socket.SOCK_DGRAM, socket.SOCK_STREAM)
        await endpoint.start()
    return endpoint


async def _start_http(settings: Settings, services: Services, stack: AsyncExitStack) -> tuple[str, int]:
    runner = web.AppRunner(
        build(services), access_log=None, handle_signals=False, shutdown_timeout=HTTP_SHUTDOWN_S
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    with _listening("http", settings.http_host, settings.http_port):
        await web.TCPSite(runner, settings.http_host, settings.http_port).start()
    return settings.http_host, runner.addresses[0][1]


async def _probe(host: str, port: int, *kinds: socket.SocketKind) -> None:
    """Raise the OSError of a port that cannot be had, where its later owner could not say why.

    The SIP edge of a server that was killed lives on for a moment, to hang its phones up: wait for that.
    """
    for _ in range(PORT_TRIES - 1):
        with suppress(OSError):
            return _bind_once(host, port, kinds)
        await asyncio.sleep(PORT_RETRY_S)
    return _bind_once(host, port, kinds)


def _bind_once(host: str, port: int, kinds: tuple[socket.SocketKind, ...]) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in kinds:
        with socket.socket(family, kind) as probe:
            if kind is socket.SOCK_STREAM:
                # A connection of the last run that still waits for its end is no obstacle.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))


@contextmanager
def _listening(part: str, host: str, port: int) -> Iterator[None]:
    """Say which setting to change when a socket cannot be had."""
    try:
        yield
    except (OSError, MixMinusError) as error:
        why = WHY.get(getattr(error, "errno", None) or 0, f"cannot be opened ({error})")
        names = f"{setting_name(part + '_host')}, {setting_name(part + '_port')}"
        raise Unavailable(f"{names}: {host}:{port} {why}") from error
