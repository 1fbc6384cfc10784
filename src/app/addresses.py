"""The addresses to advertise when a socket is bound to all of them."""

import ipaddress
import socket
from typing import Final

from mixminus.app.settings import BadSettings, Settings, setting_name

__all__ = ["advertised_host", "url_host"]

# Documentation networks (RFC 5737, RFC 3849): "connecting" a UDP socket looks up the route and sends nothing.
ELSEWHERE: Final = {4: (socket.AF_INET, "192.0.2.1"), 6: (socket.AF_INET6, "2001:db8::1")}
LOOPBACK: Final = {4: "127.0.0.1", 6: "::1"}
DISCARD_PORT: Final = 9


def advertised_host(settings: Settings, bound_host: str) -> str:
    """Return the address that SDP and Contact advertise for a socket bound to ``bound_host``."""
    if settings.public_host:
        return _address_of(settings.public_host)
    address = ipaddress.ip_address(bound_host)
    return _outward(address.version) if address.is_unspecified else bound_host


def url_host(bound_host: str) -> str:
    """Return ``bound_host`` as the host part of a URL for clients on this machine."""
    address = ipaddress.ip_address(bound_host)
    host = LOOPBACK[address.version] if address.is_unspecified else bound_host
    return f"[{host}]" if ":" in host else host


def _address_of(name: str) -> str:
    try:
        return str(socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)[0][4][0])
    except OSError:
        raise BadSettings(
            f"{setting_name('public_host')}: {name} has no address; give one that phones and browsers can reach"
        ) from None


def _outward(version: int) -> str:
    family, elsewhere = ELSEWHERE[version]
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((elsewhere, DISCARD_PORT))
        except OSError:  # no network at all
            return LOOPBACK[version]
        return str(probe.getsockname()[0])
