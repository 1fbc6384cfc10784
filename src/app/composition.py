"""The composition root: builds the house from the ground up, and takes it down in reverse.

    data folder, database        what survives
    engine                       media
    services                     decisions
    SIP and WebRTC endpoints     legs come in
    HTTP                         commands come in

Each part is given what it needs; nothing looks for anything.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from mixminus.api import server_log
from mixminus.api.application import build
from mixminus.api.limits import Limited, Limits
from mixminus.app import data_folder
from mixminus.app.addresses import advertised_host
from mixminus.app.control import Control, ControlConfig, open_control
from mixminus.app.demo import Demo, open_demo
from mixminus.app.door import services_of
from mixminus.app.listeners import listening, probe
from mixminus.app.settings import Settings, setting_name
from mixminus.app.sounds import SoundConfig
from mixminus.call.service import CallService
from mixminus.clock import SystemClock
from mixminus.delivery.service import DeliveryConfig, DeliveryService
from mixminus.errors import Unavailable
from mixminus.mixer import Engine, EngineConfig, EngineEvent
from mixminus.model.ids import ConferenceId
from mixminus.sip.config import SipConfig
from mixminus.sip.endpoint import SipEndpoint
from mixminus.speech.recognition.pool import SpeechConfig
from mixminus.store.database import Store
from mixminus.store.migrations import upgrade
from mixminus.store.timestamps import TimestampStyle
from mixminus.webrtc.config import WebRtcConfig
from mixminus.webrtc.endpoint import WebRtcEndpoint

__all__ = ["House", "house"]

# Idle connections close at once; a download that runs gets this long to end.
HTTP_SHUTDOWN_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class House:
    """What a running server tells of itself."""

    http: tuple[str, int]
    sip: tuple[str, int]
    webrtc: tuple[str, int]
    fresh_key: str | None
    """The first access key, if it was made just now: told once, then forgotten."""
    fresh_password: str | None
    """The password of the agent ``admin``, if it was made just now: told once, then forgotten."""
    demo: Demo | None


@asynccontextmanager
async def house(settings: Settings, *, demo: bool = False) -> AsyncIterator[House]:
    """Build everything, and close it again in reverse whatever happens."""
    clock = SystemClock()
    names = {name: ConferenceId(room) for name, room in settings.dialin.items()}
    async with AsyncExitStack() as stack:
        stack.enter_context(data_folder.hold(settings.data_dir))
        store = await _open_store(settings, stack)
        delivery = await _start_delivery(settings, store, clock, stack)
        engine = _start_engine(settings, stack)
        control = await stack.enter_async_context(
            open_control(store, clock, engine, _control_config(settings, names))
        )
        identity, fresh_key = await control.access.ensure_default(
            settings.access_key.get_secret_value() or None
        )
        fresh_password = await control.access.ensure_admin(settings.admin_password.get_secret_value() or None)
        _watch(engine, control.on_engine_event, stack)
        webrtc = await _start_webrtc(settings, engine, control.calls, stack)
        control.dialout.legs = sip = await _start_sip(settings, engine, control, stack)
        limits = Limits(Limited(settings.rate_limits))
        services = services_of(
            control,
            delivery=delivery,
            webrtc=webrtc,
            readiness=lambda: {"sip": sip.ready, "webrtc": webrtc.ready},
            more_counters=lambda: {**sip.counters, **limits.counters},
        )
        http = await _start_http(settings, build(services, limits), stack)
        yield House(
            http=http,
            sip=(advertised_host(settings, settings.sip_host), sip.port),
            webrtc=(advertised_host(settings, settings.media_host), webrtc.port),
            fresh_key=fresh_key,
            fresh_password=fresh_password,
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


def _control_config(settings: Settings, names: dict[str, ConferenceId]) -> ControlConfig:
    return ControlConfig(
        recordings_directory=settings.data_dir / "recordings",
        recording_sample_rate_hz=settings.recording_sample_rate_hz,
        recording_storage_url=settings.recording_storage_url,
        recording_retention_days=settings.recording_retention_days,
        speech=SpeechConfig(
            model_folder=settings.speech_model_dir,
            workers=settings.speech_workers,
            queue_folder=settings.data_dir / "transcription",
            log_level=settings.log_level,
            log_json=settings.log_json,
        ),
        private_targets=settings.private_webhooks,
        names=names,
        sip_domain=settings.sip_domain,
        trunk=settings.trunk.carrier() if settings.trunk else None,
        call_max_duration_s=settings.call_max_duration_s,
        sounds=SoundConfig(
            directory=settings.sounds,
            cache_directory=settings.data_dir / "speech",
            language=settings.language,
        ),
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


async def _start_delivery(
    settings: Settings, store: Store, clock: SystemClock, stack: AsyncExitStack
) -> DeliveryService:
    """Begin before anything can happen, and end after everything has."""
    config = DeliveryConfig(
        private_targets=settings.private_webhooks, retention_days=settings.event_retention_days
    )
    delivery = DeliveryService(store, clock, config)
    stack.push_async_callback(delivery.close)
    await delivery.start()
    return delivery


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


def _watch(engine: Engine, on_event: Callable[[EngineEvent], None], stack: AsyncExitStack) -> None:
    """Bring the engine's events to those who wait for them."""
    loop = asyncio.get_running_loop()
    descriptor = engine.fileno()

    def drain() -> None:
        for event in engine.events():
            on_event(event)

    loop.add_reader(descriptor, drain)
    stack.callback(loop.remove_reader, descriptor)


async def _start_webrtc(
    settings: Settings, engine: Engine, calls: CallService, stack: AsyncExitStack
) -> WebRtcEndpoint:
    host = settings.media_host
    config = WebRtcConfig(host=host, port=settings.webrtc_port, public_host=advertised_host(settings, host))
    endpoint = WebRtcEndpoint(engine, calls, config)
    with listening("webrtc", host, settings.webrtc_port):
        await probe(host, settings.webrtc_port, socket.SOCK_DGRAM)
        await endpoint.start()
    stack.push_async_callback(endpoint.close)
    return endpoint


async def _start_sip(
    settings: Settings, engine: Engine, control: Control, stack: AsyncExitStack
) -> SipEndpoint:
    config = SipConfig(
        host=settings.sip_host,
        port=settings.sip_port,
        public_host=advertised_host(settings, settings.sip_host),
        domain=settings.sip_domain,
        digests=settings.sip_digests,
        max_calls=settings.sip_max_calls,
        log_level=settings.log_level,
        log_json=settings.log_json,
    )
    endpoint = SipEndpoint(
        engine, control.calls, config, directory=control.directory, on_event=control.on_engine_event
    )
    endpoint.desk.transfers = control.transfers
    stack.push_async_callback(endpoint.close)
    with listening("sip", settings.sip_host, settings.sip_port):
        await probe(settings.sip_host, settings.sip_port, socket.SOCK_DGRAM, socket.SOCK_STREAM)
        await endpoint.start()
    return endpoint


async def _start_http(
    settings: Settings, application: web.Application, stack: AsyncExitStack
) -> tuple[str, int]:
    runner = web.AppRunner(
        application,
        access_log=None,
        logger=server_log.logger(),
        handle_signals=False,
        shutdown_timeout=HTTP_SHUTDOWN_S,
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    with listening("http", settings.http_host, settings.http_port):
        await web.TCPSite(runner, settings.http_host, settings.http_port).start()
    return settings.http_host, runner.addresses[0][1]
