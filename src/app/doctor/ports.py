"""Checks of ports: whether the server can open them, or has opened them."""

import errno
import fcntl
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from mixminus.app.doctor.finding import Finding, failed, good, warning
from mixminus.app.listeners import WHY, bind_once
from mixminus.app.settings import PORTS_PER_CALL, Settings, setting_name
from mixminus.hosts import bracketed

__all__ = ["Listener", "check_ports", "is_running", "listeners"]

TCP: Final = socket.SOCK_STREAM
UDP: Final = socket.SOCK_DGRAM


@dataclass(frozen=True, slots=True)
class Listener:
    """A port that the settings name."""

    part: str
    """The beginning of its settings: ``http`` of MIXMINUS_HTTP_PORT."""
    host: str
    port: int
    kinds: tuple[socket.SocketKind, ...]

    @property
    def name(self) -> str:
        protocols = " and ".join("TCP" if kind is TCP else "UDP" for kind in self.kinds)
        return f"{bracketed(self.host)}:{self.port} ({protocols})"


def listeners(settings: Settings) -> list[Listener]:
    """Return the ports of these settings, but for those of phones' audio."""
    browsers = (UDP, TCP) if settings.webrtc_tcp else (UDP,)
    wanted = (
        ("http", settings.http_hosts, settings.http_port, (TCP,)),
        ("https", settings.http_hosts, settings.https_port, (TCP,)),
        ("sip", settings.sip_hosts, settings.sip_port, (UDP, TCP)),
        ("sip_tls", settings.sip_hosts, settings.sip_tls_port, (TCP,)),
        ("sip_wss", settings.sip_hosts, settings.sip_wss_port, (TCP,)),
        ("webrtc", settings.media_hosts, settings.webrtc_port, browsers),
    )
    return [
        Listener(part, host, port, kinds) for part, hosts, port, kinds in wanted if port for host in hosts
    ]


def is_running(settings: Settings) -> bool:
    """Return whether a server uses the data folder: it holds the lock of it."""
    with suppress(OSError), (settings.data_dir / "lock").open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def check_ports(settings: Settings, *, running: bool) -> Iterator[Finding]:
    """Try to bind each port; a server that runs must have them."""
    for listener in listeners(settings):
        yield _check(listener, running=running)
    low, high = settings.rtp_port_min, settings.rtp_port_max
    if low:
        calls = (high - low + 1) // PORTS_PER_CALL
        found = f"UDP {low} to {high} for the audio of phones: {calls} calls"
        if calls < settings.sip_max_calls:
            names = f"{setting_name('rtp_port_min')} and {setting_name('rtp_port_max')}"
            yield warning(
                "ports",
                f"{found}, fewer than the {settings.sip_max_calls} of {setting_name('sip_max_calls')}",
                f"set {names} {PORTS_PER_CALL * settings.sip_max_calls} ports apart",
            )
        else:
            yield good("ports", found)


def _check(listener: Listener, *, running: bool) -> Finding:
    names = f"{setting_name(listener.part + '_port')}"
    try:
        bind_once(listener.host, listener.port, listener.kinds)
    except OSError as error:
        if running and error.errno == errno.EADDRINUSE:
            return good("ports", f"{listener.name} is open: the server listens")
        why = WHY.get(error.errno or 0, f"cannot be opened ({error.strerror})").partition(";")
        return failed("ports", f"{listener.name} {why[0]}", f"{names}: {why[2].strip() or 'choose another'}")
    if running:
        return failed(
            "ports",
            f"{listener.name} is free, although a server runs on this data folder",
            f"restart the server with these settings, or correct {names}: it runs with others",
        )
    return good("ports", f"{listener.name} is free")
