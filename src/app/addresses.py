"""The addresses to advertise when a socket is bound to all of them."""

import ipaddress
import socket
from typing import Final

from mixminus.app.settings import BadSettings, Settings, setting_name
from mixminus.hosts import bracketed, facing, family_of

__all__ = ["advertised_hosts", "url_host"]

# Documentation networks (RFC 5737, RFC 3849): "connecting" a UDP socket looks up the route and sends nothing.
ELSEWHERE: Final = {4: (socket.AF_INET, "192.0.2.1"), 6: (socket.AF_INET6, "2001:db8::1")}
LOOPBACK: Final = {4: "127.0.0.1", 6: "::1"}
DISCARD_PORT: Final = 9


def advertised_hosts(settings: Settings, bound_hosts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the addresses that SDP and Contact advertise for sockets bound to ``bound_hosts``, in that order.

    Each family has the public address of its own; where there is none, the one that it is bound to.
    """
    public = [address for name in settings.public_host.split(",") if name for address in _addresses_of(name)]
    if public and len(bound_hosts) == 1:
        return (facing(public, bound_hosts[0]),)
    own = {family_of(address): address for address in reversed(public)}
    return tuple(own.get(family_of(host)) or _own_address(host) for host in bound_hosts)


def _own_address(bound_host: str) -> str:
    address = ipaddress.ip_address(bound_host)
    return _outward(address.version) if address.is_unspecified else bound_host


def url_host(bound_host: str) -> str:
    """Return ``bound_host`` as the host part of a URL for clients on this machine."""
    address = ipaddress.ip_address(bound_host)
    return bracketed(LOOPBACK[address.version] if address.is_unspecified else bound_host)


def _addresses_of(name: str) -> list[str]:
    try:
        found = socket.getaddrinfo(name.strip(), None, type=socket.SOCK_DGRAM)
        return [str(each[4][0]) for each in found]
    except OSError:
        raise BadSettings(
            f"{setting_name('public_host')}: {name.strip()} has no address; give one that phones and browsers can reach"
        ) from None


def _outward(version: int) -> str:
    family, elsewhere = ELSEWHERE[version]
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((elsewhere, DISCARD_PORT))
        except OSError:  # no network at all
            return LOOPBACK[version]
        return str(probe.getsockname()[0])
