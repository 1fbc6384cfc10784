"""The server's certificate: of the files that the settings name, or made by its own authority; kept fresh while it runs."""

import asyncio
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mixminus import log
from mixminus.app.addresses import advertised_hosts
from mixminus.app.local_authority import FOLDER, LocalAuthority
from mixminus.app.settings import Settings, setting_name
from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.tasks import TaskScope
from mixminus.tls import ServerTls, client_context

__all__ = ["Certificates", "open_certificates"]

_REFRESH_S: Final = 5.0
_RENEWAL_CHECK_S: Final = 3600.0
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Certificates:
    """The files that are used, and the context of the HTTP server."""

    certificate: Path
    key: Path
    tls: ServerTls
    root: Path | None
    """The root of our own authority, for clients to download; None with certificates of the operator's."""


async def open_certificates(settings: Settings, clock: Clock, stack: AsyncExitStack) -> Certificates | None:
    """Return what TLS needs, None if no port uses it; raise Unavailable if the files cannot be used."""
    if settings.tls_trusted:
        try:
            client_context(settings.tls_trusted)
        except Unavailable as error:
            raise Unavailable(f"{setting_name('tls_trusted')}: {error}") from None
    if settings.sip_tls_clients:
        try:
            client_context(settings.sip_tls_clients)
        except Unavailable as error:
            raise Unavailable(f"{setting_name('sip_tls_clients')}: {error}") from None
    if settings.https_port is settings.sip_tls_port is settings.sip_wss_port is None:
        return None
    authority = None
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None or key is None:
        authority = LocalAuthority(settings.data_dir / FOLDER)
        await asyncio.to_thread(_ensure, authority, settings, clock)
        certificate, key = authority.certificate, authority.key
    try:
        tls = ServerTls(certificate, key)
    except Unavailable as error:
        raise Unavailable(f"{setting_name('tls_certificate')}, {setting_name('tls_key')}: {error}") from None
    tasks = TaskScope(log.task_failed("certificates"))
    tasks.keep("refresh", _keep_fresh, tls, authority, settings, clock)
    stack.push_async_callback(tasks.close)
    return Certificates(certificate.absolute(), key.absolute(), tls, authority.root if authority else None)


async def _keep_fresh(
    tls: ServerTls, authority: LocalAuthority | None, settings: Settings, clock: Clock
) -> None:
    waited_s = 0.0
    while True:
        await asyncio.sleep(_REFRESH_S)
        waited_s += _REFRESH_S
        if authority and waited_s >= _RENEWAL_CHECK_S:
            waited_s = 0.0
            await asyncio.to_thread(_ensure, authority, settings, clock)
        tls.refresh()


def _ensure(authority: LocalAuthority, settings: Settings, clock: Clock) -> None:
    try:
        authority.ensure(_names(settings), clock.now())
    except OSError as error:
        raise Unavailable(
            f"{setting_name('data_dir')}: no certificate can be made in it ({error.strerror})"
        ) from None


def _names(settings: Settings) -> set[str]:
    """Return all names and addresses by which clients may reach this server."""
    found = {*_LOOPBACK, socket.gethostname(), settings.sip_domain, f"sip.{settings.sip_domain}"}
    for hosts in (settings.http_hosts, settings.sip_hosts):
        found.update(advertised_hosts(settings, hosts))
    found.update(name.strip() for name in settings.public_host.split(",") if name)
    return found
