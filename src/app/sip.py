"""SIP of the server: its endpoint, and of a node what it has with other nodes."""

import socket
from contextlib import AsyncExitStack

from mixminus.api.services import Services
from mixminus.app.addresses import advertised_hosts
from mixminus.app.certificates import Certificates
from mixminus.app.listeners import listening, probe
from mixminus.app.settings import Settings
from mixminus.call.leg import IncomingLegs
from mixminus.cluster.membership import Membership
from mixminus.log import task_failed
from mixminus.sip.config import SipConfig
from mixminus.sip.redirecting import Homes, RedirectingLegs
from mixminus.sip.relays import Relays
from mixminus.sip.service import SipEndpoint
from mixminus.tasks import TaskScope

__all__ = ["start_sip"]


async def start_sip(
    settings: Settings, services: Services, certificates: Certificates | None, stack: AsyncExitStack
) -> SipEndpoint:
    """Start SIP; it is closed with the stack."""
    relays = _relays(settings, services)
    config = _config(settings, certificates, relays)
    endpoint = SipEndpoint(
        services.engine,
        _legs(settings, services),
        config,
        clock=services.clock,
        directory=services.directory,
        transfers=services.transfers,
        texts=services.phone_chat,
        replacements=services.replacements,
        traces=services.traces,
        on_event=services.on_engine_event,
    )
    endpoint.use_secure_media(services.webrtc)
    services.traces.use_sip(endpoint.tracing)
    stack.push_async_callback(endpoint.close)
    for host in settings.sip_hosts:
        await _probe_sip(settings, host)
    with listening("sip", settings.sip_host, settings.sip_port):
        await endpoint.start()
    services.transports.open(endpoint)
    stack.callback(services.transports.close)
    tasks = TaskScope(task_failed("admission"))
    stack.push_async_callback(tasks.close)
    tasks.keep("admission", _report_refusing, services, endpoint)
    return endpoint


def _config(settings: Settings, certificates: Certificates | None, relays: Relays | None) -> SipConfig:
    return SipConfig(
        hosts=settings.sip_hosts,
        port=settings.sip_port,
        tls_port=settings.sip_tls_port,
        wss_port=settings.sip_wss_port,
        tls_certificate=str(certificates.certificate) if certificates else "",
        tls_key=str(certificates.key) if certificates else "",
        tls_trusted=str(settings.tls_trusted.absolute()) if settings.tls_trusted else "",
        tls_clients=str(settings.sip_tls_clients.absolute()) if settings.sip_tls_clients else "",
        public_hosts=advertised_hosts(settings, settings.sip_hosts),
        proxies=_proxies(settings),
        relay_host=relays.host if relays else "",
        node_key=relays.key if relays else b"",
        nameserver=settings.sip_nameserver,
        domain=settings.sip_domain,
        digests=settings.sip_digests,
        max_calls=settings.sip_max_calls,
        hold_music_heard=settings.hold_music_heard,
        log_level=settings.log_level,
        log_json=settings.log_json,
    )


def _proxies(settings: Settings) -> tuple[str, ...]:
    return tuple(filter(None, settings.sip_proxies.split(",")))


def _relays(settings: Settings, services: Services) -> Relays | None:
    """Let phones of other nodes be called; None for a server that is no node."""
    if not isinstance(services.cluster, Membership):
        return None
    relays = Relays(services.cluster, settings.cluster_secret.get_secret_value())
    services.directory.registrations.reach_others_by(relays.to)
    return relays


def _legs(settings: Settings, services: Services) -> IncomingLegs:
    """Return what takes the calls of phones."""
    if not isinstance(services.cluster, Membership):
        return services.calls
    secret = settings.cluster_secret.get_secret_value()
    homes = Homes(services.store, services.cluster, services.places, secret)
    return RedirectingLegs(services.calls, homes, _proxies(settings) if settings.sip_redirect else ())


async def _probe_sip(settings: Settings, host: str) -> None:
    with listening("sip", host, settings.sip_port):
        await probe(host, settings.sip_port, socket.SOCK_DGRAM, socket.SOCK_STREAM)
    for name, port in (("sip_tls", settings.sip_tls_port), ("sip_wss", settings.sip_wss_port)):
        if port:
            with listening(name, host, port, host_setting="sip_host"):
                await probe(host, port, socket.SOCK_STREAM)


async def _report_refusing(services: Services, endpoint: SipEndpoint) -> None:
    """Have the edge refuse calls, repeatedly while it lasts: another edge may have started meanwhile."""
    was_refusing = False
    while True:
        refusing = await services.admission.watched()
        if refusing or was_refusing:
            endpoint.set_overloaded(on=refusing)
        was_refusing = refusing
