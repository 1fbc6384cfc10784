"""The server: opens everything from the data folder up, and closes it in reverse whatever happens.

data folder, database        what survives
engine                       media
services                     decisions (``wiring``)
SIP and WebRTC endpoints     legs come in
HTTP                         commands come in
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from mixminus.api.connections import Connections
from mixminus.api.limits import Limited, Limits
from mixminus.api.metrics import Metric
from mixminus.api.services import ProcessState, Services
from mixminus.app import data_folder
from mixminus.app.addresses import advertised_hosts
from mixminus.app.api_listeners import open_application
from mixminus.app.certificates import Certificates, open_certificates
from mixminus.app.cores import usable_cores
from mixminus.app.cpu import cpu_seconds
from mixminus.app.demo import Demo, open_demo
from mixminus.app.http import open_connections, start_http
from mixminus.app.listeners import listening, probe
from mixminus.app.nodes import open_node
from mixminus.app.priority import Priority, give_priority_to_mixing
from mixminus.app.service_config import ServiceConfig
from mixminus.app.settings import Settings
from mixminus.app.sip import start_sip
from mixminus.app.sounds import SoundConfig
from mixminus.app.telemetry import open_telemetry
from mixminus.app.wiring import open_services
from mixminus.clock import SystemClock
from mixminus.delivery.service import DeliveryConfig, DeliveryService
from mixminus.garbage import GarbageCollection
from mixminus.hosts import media_host
from mixminus.mixer import MAX_SHARDS, Engine, EngineConfig, EngineEvent
from mixminus.model.access import Identity
from mixminus.model.ids import ConferenceId
from mixminus.privacy.retention import RetentionConfig
from mixminus.sip.server_addresses import SipAddress, addresses
from mixminus.sip.service import SipEndpoint
from mixminus.speech.recognition.pool import SpeechConfig
from mixminus.store.database import Store
from mixminus.store.exclusive import DatabaseInUse
from mixminus.telemetry import Telemetry
from mixminus.trace.service import TraceConfig
from mixminus.usage.service import UsageConfig
from mixminus.webrtc.endpoint import WebRtcConfig
from mixminus.webrtc.ice_servers import IceServers

__all__ = ["Server", "running_server"]


@dataclass(frozen=True, slots=True)
class Server:
    """The services, addresses, new secrets and demo room of a running server."""

    services: Services
    http: tuple[str, int]
    https: tuple[str, int] | None
    """None without a port for it; the host is the one to advertise."""
    sip: tuple[str, int]
    sip_wss_port: int | None
    """None without a port for phones in browsers; it is on SIP's host."""
    webrtc: tuple[str, int]
    new_key: str | None
    """The first access key, if this start has created it: shown once, only its hash is kept."""
    new_password: str | None
    """The password of the agent ``admin``, if this start created it: shown once, only its hash is kept."""
    demo: Demo | None
    lost: asyncio.Future[DatabaseInUse]
    """Done when another server has taken the database over: this one must stop."""


@asynccontextmanager
async def running_server(settings: Settings, *, demo: bool = False) -> AsyncIterator[Server]:
    """Start the server, and stop it in reverse order."""
    clock = SystemClock()
    names = {name: ConferenceId(room) for name, room in settings.dialin.items()}
    limits = Limits(Limited(settings.rate_limits))
    connections = open_connections(settings, clock)
    async with AsyncExitStack() as stack:
        stack.enter_context(data_folder.locked(settings.data_dir))
        certificates = await open_certificates(settings, clock, stack)
        node = await open_node(settings, clock, stack)
        telemetry = open_telemetry(settings, stack)
        delivery = await _start_delivery(settings, node.store, clock, telemetry, stack)
        engine = _start_engine(settings, stack)
        services = await stack.enter_async_context(
            open_services(
                node.store,
                clock,
                engine,
                _service_config(settings, names, certificates),
                delivery=delivery,
                process=ProcessState(
                    readiness=lambda: {"sip": sip.ready, "webrtc": services.webrtc.ready},
                    counters=lambda: _merged(sip, limits, connections, garbage),
                    gauges=lambda: _gauges(priority, garbage, sip, connections),
                    sip_domain=settings.sip_domain,
                    sip_addresses=lambda: _sip_addresses(settings, sip),
                ),
                telemetry=telemetry,
                membership=node.membership,
            )
        )
        identity, new_key, new_password = await _ensure_accounts(settings, services)
        await _start_media(settings, engine, services, stack)
        priority = give_priority_to_mixing(settings.realtime)
        sip = await start_sip(settings, services, certificates, stack)
        garbage = _start_garbage_collection(services, stack)
        application = await open_application(settings, services, limits, node, stack)
        http, https = await start_http(settings, application, connections, certificates, stack)
        yield Server(
            services=services,
            http=http,
            https=https,
            sip=(advertised_hosts(settings, settings.sip_hosts)[0], sip.port),
            sip_wss_port=settings.sip_wss_port,
            webrtc=(advertised_hosts(settings, settings.media_hosts)[0], services.webrtc.port),
            new_key=new_key,
            new_password=new_password,
            demo=await open_demo(services, identity.customer_id, names, new_key) if demo else None,
            lost=node.lost,
        )


def _sip_addresses(settings: Settings, sip: SipEndpoint) -> tuple[SipAddress, ...]:
    hosts = advertised_hosts(settings, settings.sip_hosts)
    return addresses(hosts, {"udp": sip.port, "tcp": sip.port, "tls": sip.tls_port, "wss": sip.wss_port})


async def _ensure_accounts(settings: Settings, services: Services) -> tuple[Identity, str | None, str | None]:
    """Create the first customer and its administrator if there are none; return what was created of its secrets."""
    identity, key = await services.access.ensure_default(settings.access_key.get_secret_value() or None)
    password = await services.access.ensure_admin(settings.admin_password.get_secret_value() or None)
    return identity, key, password


def _service_config(
    settings: Settings, names: dict[str, ConferenceId], certificates: Certificates | None
) -> ServiceConfig:
    return ServiceConfig(
        recordings_directory=settings.data_dir / "recordings",
        recording_sample_rate_hz=settings.recording_sample_rate_hz,
        recording_storage_url=settings.recording_storage_url,
        recording_part_s=settings.recording_part_s,
        recording_retention_days=settings.recording_retention_days,
        speech=SpeechConfig(
            model_folder=settings.speech_model_dir,
            workers=settings.speech_workers,
            queue_folder=settings.data_dir / "transcription",
            log_level=settings.log_level,
            log_json=settings.log_json,
        ),
        traces=TraceConfig(
            folder=settings.data_dir / "traces",
            default_s=settings.trace_seconds,
            max_s=settings.trace_max_seconds,
            max_running=settings.trace_max_running,
            retention_days=settings.trace_retention_days,
        ),
        private_targets=settings.private_webhooks,
        root_certificate=certificates.root if certificates else None,
        names=names,
        audit_retention_days=settings.audit_retention_days,
        metrics_token=settings.metrics_token.get_secret_value(),
        retention=_retention_config(settings),
        sip_domain=settings.sip_domain,
        trunk=settings.trunk.carrier() if settings.trunk else None,
        call_max_duration_s=settings.call_max_duration_s,
        usage=UsageConfig(settings.credits_per_minute, settings.balance_end_after_s),
        max_load=settings.max_load_percent / 100,
        room_seats=settings.room_seats,
        sounds=SoundConfig(
            directory=settings.sounds,
            cache_directory=settings.data_dir / "speech",
            language=settings.language,
        ),
        webrtc=_webrtc_config(settings),
    )


def _webrtc_config(settings: Settings) -> WebRtcConfig:
    return WebRtcConfig(
        hosts=settings.media_hosts,
        port=settings.webrtc_port,
        public_hosts=advertised_hosts(settings, settings.media_hosts),
        tcp=settings.webrtc_tcp,
        max_listeners=settings.max_listeners,
        ice_servers=IceServers(
            settings.ice_servers,
            settings.ice_secret.get_secret_value(),
            timedelta(seconds=settings.ice_lifetime_s),
        ),
    )


def _retention_config(settings: Settings) -> RetentionConfig:
    return RetentionConfig(
        calls_days=settings.call_retention_days,
        transcripts_days=settings.transcript_retention_days,
        chat_days=settings.chat_retention_days,
    )


async def _start_delivery(
    settings: Settings, store: Store, clock: SystemClock, telemetry: Telemetry, stack: AsyncExitStack
) -> DeliveryService:
    """Start deliveries before any event can be published; they stop after the last one."""
    config = DeliveryConfig(
        private_targets=settings.private_webhooks,
        retention_days=settings.event_retention_days,
        retry_hours=settings.webhook_retry_hours,
    )
    delivery = DeliveryService(store, clock, config, telemetry)
    stack.push_async_callback(delivery.close)
    await delivery.start()
    return delivery


def _start_engine(settings: Settings, stack: AsyncExitStack) -> Engine:
    engine = Engine(
        EngineConfig(
            shards=settings.shards or min(usable_cores(), MAX_SHARDS),
            realtime=settings.realtime != "off",
            media_timeout_ms=settings.media_timeout_ms,
            rtp_host=media_host(settings.sip_hosts),
            rtp_port_min=settings.rtp_port_min,
            rtp_port_max=settings.rtp_port_max,
        )
    )
    stack.callback(engine.close)
    engine.start()
    return engine


def _start_garbage_collection(services: Services, stack: AsyncExitStack) -> GarbageCollection:
    garbage = GarbageCollection(services.clock, is_idle=lambda: not services.live_calls)
    stack.push_async_callback(garbage.close)
    garbage.start()
    return garbage


class _Counting(Protocol):
    @property
    def counters(self) -> Mapping[str, int]: ...


def _merged(*parts: _Counting) -> dict[str, int]:
    return {name: count for part in parts for name, count in part.counters.items()}


def _gauges(
    priority: Priority, garbage: GarbageCollection, sip: SipEndpoint, connections: Connections
) -> Iterator[Metric]:
    for name, meaning, value in (
        ("mixing_realtime", "whether the mixing threads have real-time priority", priority.realtime),
        ("mixing_nice", "nice value of the mixing threads", priority.mixing_nice),
        ("mixing_slice_us", "time slice of the mixing threads, in microseconds", priority.slice_us),
        (
            "others_nice",
            "nice value of the server's other threads and of its processes",
            priority.others_nice,
        ),
        ("http_connections", "open HTTP connections", len(connections)),
        ("sip_workers", "SIP workers that take calls", len(sip.worker_pids)),
        ("gc_longest_pause_us", "longest garbage collection, in microseconds", garbage.longest_pause_us),
    ):
        yield Metric(f"mixminus_{name}", "gauge", meaning, {"": int(value)})
    spent = {f'{{role="{role}"}}': seconds for role, seconds in cpu_seconds().items()}
    yield Metric("mixminus_cpu_seconds", "gauge", "CPU time of the running threads and processes", spent)
    servers = {f'{{status="{status}"}}': float(count) for status, count in sip.trunk_health.servers.items()}
    yield Metric(
        "mixminus_trunk_servers", "gauge", "servers of trunks, as probes by OPTIONS show them", servers
    )


def _watch(engine: Engine, on_event: Callable[[EngineEvent], None], stack: AsyncExitStack) -> None:
    """Pass the engine's events to the services."""
    loop = asyncio.get_running_loop()
    descriptor = engine.fileno()

    def drain() -> None:
        for event in engine.events():
            on_event(event)

    loop.add_reader(descriptor, drain)
    stack.callback(loop.remove_reader, descriptor)


async def _start_media(settings: Settings, engine: Engine, services: Services, stack: AsyncExitStack) -> None:
    _watch(engine, services.on_engine_event, stack)
    kinds = (socket.SOCK_DGRAM, socket.SOCK_STREAM) if settings.webrtc_tcp else (socket.SOCK_DGRAM,)
    for host in settings.media_hosts:
        with listening("webrtc", host, settings.webrtc_port):
            await probe(host, settings.webrtc_port, *kinds)
    with listening("webrtc", settings.media_hosts[0], settings.webrtc_port):
        await services.webrtc.start()
    stack.push_async_callback(services.webrtc.close)
