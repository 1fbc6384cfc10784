"""Names: the DNS records that lead to a SIP server, kept as long as they live. RFC 3263, RFC 2782, RFC 3403."""

import asyncio
import ipaddress
import random
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import dns.asyncresolver
import dns.exception
import dns.resolver

from mixminus import log

__all__ = ["Names", "Naptr", "Server", "in_order"]

# Of one question, with all its repetitions; a caller is waiting.
_LIFETIME_S: Final = 2.0
_MAX_CACHED: Final = 2048
_MAX_RECORDS: Final = 16
_DNS_PORT: Final = 53

_log = log.get("sip.dns_records")


@dataclass(frozen=True, slots=True)
class Naptr:
    """A NAPTR record whose replacement is the name of SRV records (flag ``s``)."""

    order: int
    preference: int
    service: str
    """``SIP+D2U``, ``SIP+D2T`` or ``SIPS+D2T``, in upper case."""
    replacement: str


@dataclass(frozen=True, slots=True)
class Server:
    """An SRV record."""

    priority: int
    weight: int
    host: str
    port: int


class Names:
    """Asks DNS; answers are cached for their time to live, the least used beyond 2,048 of them forgotten."""

    def __init__(self, nameserver: str = "") -> None:
        """``nameserver`` is ``address`` or ``address:port`` (``[v6]:port``); empty for the system's."""
        self._resolver = _resolver(nameserver)
        self._resolver.lifetime = _LIFETIME_S
        self._resolver.cache = dns.resolver.LRUCache(_MAX_CACHED)

    async def naptr(self, name: str) -> list[Naptr]:
        """Return the NAPTR records of a domain that lead to SRV records, the preferred ones first."""
        found = [
            Naptr(
                each.order,
                each.preference,
                each.service.decode("ascii", "replace").upper(),
                _text(each.replacement),
            )
            for each in await self._ask(name, "NAPTR")
            if each.flags.lower() == b"s"
        ]
        return sorted(found, key=lambda each: (each.order, each.preference))

    async def srv(self, name: str) -> list[Server]:
        """Return the servers of a service, in the order in which they are tried now."""
        found = [
            Server(each.priority, each.weight, _text(each.target), each.port)
            for each in await self._ask(name, "SRV")
        ]
        # RFC 2782: a target of "." says that the service does not exist.
        return in_order([each for each in found if each.host])

    async def addresses(self, host: str) -> list[str]:
        """Return the addresses of a host, IPv4 first; none if it has none."""
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            if "." not in host:
                return await _local(host)  # of the hosts file, or of the local network
        answers = await asyncio.gather(self._ask(host, "A"), self._ask(host, "AAAA"))
        found = [str(each.address) for answer in answers for each in answer]
        return found or await _local(host)

    async def _ask(self, name: str, kind: str) -> list[Any]:
        try:
            answer = await self._resolver.resolve(name.rstrip(".") + ".", kind)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, ValueError) as error:
            _log.warning("name not resolved", record=kind, cause=type(error).__name__)
            return []
        return list(answer)[:_MAX_RECORDS]


def in_order(servers: Sequence[Server], chance: random.Random | None = None) -> list[Server]:
    """Return servers by priority, those of the same priority drawn by weight (RFC 2782)."""
    drawn = chance or random.SystemRandom()
    left = sorted(servers, key=lambda each: (each.priority, each.weight))
    ordered: list[Server] = []
    while left:
        group = [each for each in left if each.priority == left[0].priority]
        # A weight of 0 is drawn seldom, but it is drawn.
        chosen = drawn.choices(group, [each.weight or 0.01 for each in group])[0]
        left.remove(chosen)
        ordered.append(chosen)
    return ordered


def _resolver(nameserver: str) -> dns.asyncresolver.Resolver:
    if not nameserver:
        try:
            return dns.asyncresolver.Resolver()
        except dns.resolver.NoResolverConfiguration:
            return dns.asyncresolver.Resolver(configure=False)
    resolver = dns.asyncresolver.Resolver(configure=False)
    host, port = nameserver, ""
    if nameserver.startswith("[") or nameserver.count(":") == 1:
        host, _, port = nameserver.rpartition(":")
    resolver.nameservers = [host.strip("[]")]
    resolver.port = int(port or _DNS_PORT)
    return resolver


async def _local(host: str) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return []
    found.sort(key=lambda each: each[0] is not socket.AF_INET)
    return [str(each[4][0]) for each in found]


def _text(name: Any) -> str:
    return str(name).rstrip(".")
