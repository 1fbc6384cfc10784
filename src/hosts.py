"""IP addresses of both families: which of ours faces another one, and what counts as one source."""

import functools
import ipaddress
from collections.abc import Iterable
from typing import Final

__all__ = [
    "IPV6",
    "bracketed",
    "facing",
    "family_of",
    "host_of",
    "is_loopback",
    "media_host",
    "network_of",
    "parse_hosts",
]

IPV4: Final = 4
IPV6: Final = 6

_IPV4_PREFIX: Final = 24
_IPV6_PREFIXES: Final = (64, 48)
_EVERYWHERE: Final = "::"


def parse_hosts(text: str) -> tuple[str, ...]:
    """Return the addresses of a list ``a,b``, at most one of each family; raise ValueError for anything else.

    ``::`` alone is all addresses of both families.
    """
    hosts = tuple(str(ipaddress.ip_address(each.strip())) for each in text.split(","))
    if len({family_of(host) for host in hosts}) != len(hosts):
        raise ValueError("more than one address of a family")
    return ("0.0.0.0", _EVERYWHERE) if hosts == (_EVERYWHERE,) else hosts


@functools.lru_cache(maxsize=4096)
def family_of(host: str) -> int:
    """Return 4 or 6; 0 for a name."""
    try:
        return ipaddress.ip_address(host).version
    except ValueError:
        return 0


def is_loopback(host: str) -> bool:
    """Return whether an address is one of this machine alone."""
    return ipaddress.ip_address(host).is_loopback


def facing(hosts: Iterable[str], peer: str) -> str:
    """Return the one of our addresses that has the family of ``peer``; the first if none has. ``hosts`` is not empty."""
    known = tuple(hosts)
    family = family_of(peer)
    return next((host for host in known if family_of(host) == family), known[0])


def media_host(hosts: Iterable[str]) -> str:
    """Return the address that audio is received on: the only one, or all of them if there are two families.

    One socket then serves both: a call may change the family, and a browser tries both.
    """
    host, *other = hosts
    return _EVERYWHERE if other else host


def bracketed(host: str) -> str:
    """Return a host as URIs write it (RFC 3986 section 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def host_of(address: str) -> str:
    """Return the host of ``host:port``, without the brackets of an IPv6 one."""
    return address.rpartition(":")[0].removeprefix("[").removesuffix("]")


@functools.lru_cache(maxsize=4096)
def network_of(host: str) -> tuple[str, str]:
    """Return the address that counts as one source, and its prefix: an IPv6 host has a /64 of its own."""
    family = family_of(host)
    if not family:
        return host, host
    if family == IPV4:
        return host, str(ipaddress.ip_network((host, _IPV4_PREFIX), strict=False))
    address = host.partition("%")[0]
    own, prefix = (str(ipaddress.ip_network((address, bits), strict=False)) for bits in _IPV6_PREFIXES)
    return own, prefix
