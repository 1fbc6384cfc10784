"""Locator: the addresses that a SIP URI leads to, in the order in which they are tried (RFC 3263 section 4).

    address, or a name with a port        -> its addresses
    name with a transport                 -> SRV of that transport, else its addresses
    name alone                            -> NAPTR, else SRV of UDP and TCP, else its addresses over UDP

A server that has not answered is tried last for half a minute. One that is down, as its trunk's probes show, is left out
while another one is up.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from mixminus.clock import Clock
from mixminus.hosts import family_of
from mixminus.sip.addresses import BadTarget, TargetUnknown
from mixminus.sip.dns_records import Names, Server
from mixminus.sip.grammar import DEFAULT_SIP_PORT, DEFAULT_TLS_PORT, SipUri, Unreadable
from mixminus.sip.internal_headers import Flow, FlowTransport

__all__ = ["Locator"]

_TRANSPORTS: Final[dict[str, FlowTransport]] = {"udp": "UDP", "tcp": "TCP", "tls": "TLS"}
_SERVICES: Final[dict[str, FlowTransport]] = {"SIP+D2U": "UDP", "SIP+D2T": "TCP", "SIPS+D2T": "TLS"}
_PREFIXES: Final[dict[FlowTransport, str]] = {"UDP": "_sip._udp.", "TCP": "_sip._tcp.", "TLS": "_sips._tcp."}
_MAX_FLOWS: Final = 8
_AVOIDED_S: Final = 30.0
_MAX_AVOIDED: Final = 512


class Locator:
    """Finds the servers of URIs, and remembers which of them did not answer."""

    def __init__(self, names: Names, clock: Clock, own_hosts: Iterable[str] = ("0.0.0.0", "::")) -> None:
        """``own_hosts`` are our addresses: servers of another family than theirs cannot be reached."""
        self._families = frozenset(map(family_of, own_hosts))
        self._names = names
        self._clock = clock
        self._avoided: OrderedDict[tuple[str, str, int], float] = OrderedDict()
        """When a server may be tried first again."""
        self._down: frozenset[tuple[str, str, int]] = frozenset()

    async def locate(self, uri: str) -> list[Flow]:
        """Return where a request to a URI may be sent, at most 8 flows; raise BadTarget or TargetUnknown."""
        flows = await self._all(uri)
        usable = [each for each in flows if _key(each) not in self._down] or flows
        return sorted(usable, key=self._is_avoided)[:_MAX_FLOWS]

    async def servers(self, uri: str) -> list[Flow]:
        """Return all servers of a URI, at most 8, in the order that DNS gives; raise BadTarget or TargetUnknown."""
        return (await self._all(uri))[:_MAX_FLOWS]

    async def _all(self, uri: str) -> list[Flow]:
        try:
            target = SipUri.parse(uri)
        except Unreadable:
            raise BadTarget("the target is not a SIP URI") from None
        named = target.parameters.get("transport", "").lower()
        if target.scheme != "sip" or (named and named not in _TRANSPORTS):
            raise BadTarget("only sip: URIs over UDP, TCP or TLS can be called")
        host = target.parameters.get("maddr", "") or target.host
        flows = await self._flows(host, target.port, _TRANSPORTS.get(named))
        if not flows:
            raise TargetUnknown("the target's host has no address of a family that this server has")
        return list(dict.fromkeys(flows))

    def set_down(self, flows: Iterable[Flow]) -> None:
        """Leave these servers out from now on, and no others."""
        self._down = frozenset(_key(each) for each in flows)

    def failed(self, flow: Flow) -> None:
        """Note that a server has not answered, or has refused because it is overloaded."""
        self._avoided.pop(_key(flow), None)
        self._avoided[_key(flow)] = self._clock.monotonic_s() + _AVOIDED_S
        if len(self._avoided) > _MAX_AVOIDED:
            self._avoided.popitem(last=False)

    def answered(self, flow: Flow) -> None:
        """Note that a server has answered."""
        self._avoided.pop(_key(flow), None)

    def _is_avoided(self, flow: Flow) -> bool:
        return self._avoided.get(_key(flow), 0.0) > self._clock.monotonic_s()

    async def _flows(self, host: str, port: int, transport: FlowTransport | None) -> list[Flow]:
        if port or family_of(host) or "." not in host:
            return await self._plain(host, port, transport or "UDP")
        found: list[Flow] = []
        for over, servers in await self._servers(host, transport):
            for server in servers:
                # RFC 5922 section 4: the certificate is for the domain that was called, not for the server's name.
                found += await self._hosted(server.host, server.port, over, host)
        return found or await self._plain(host, 0, transport or "UDP")

    async def _servers(
        self, host: str, transport: FlowTransport | None
    ) -> list[tuple[FlowTransport, list[Server]]]:
        """Return the SRV records of a domain by transport, the preferred transport first."""
        if transport:
            return [(transport, await self._names.srv(_PREFIXES[transport] + host))]
        # Asked together: with a DNS server that is away, only one time limit passes.
        records, udp, tcp = await asyncio.gather(
            self._names.naptr(host),
            self._names.srv(_PREFIXES["UDP"] + host),
            self._names.srv(_PREFIXES["TCP"] + host),
        )
        offered = [each for each in records if each.service in _SERVICES]
        if not offered:
            return [("UDP", udp), ("TCP", tcp)]
        return [(_SERVICES[each.service], await self._names.srv(each.replacement)) for each in offered]

    async def _plain(self, host: str, port: int, transport: FlowTransport) -> list[Flow]:
        default = DEFAULT_TLS_PORT if transport == "TLS" else DEFAULT_SIP_PORT
        return await self._hosted(host, port or default, transport, "" if family_of(host) else host)

    async def _hosted(self, host: str, port: int, transport: FlowTransport, name: str) -> list[Flow]:
        verified = name if transport == "TLS" else ""
        return [
            Flow(transport, address, port, name=verified)
            for address in await self._names.addresses(host)
            if family_of(address) in self._families
        ]


def _key(flow: Flow) -> tuple[str, str, int]:
    return flow.transport, flow.host, flow.port
