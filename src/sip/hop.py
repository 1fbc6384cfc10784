"""Hop: where a request of ours leaves for; found from a URI, or known because a phone has registered."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from typing import Final, Literal

from mixminus.errors import InvalidArgument, Unavailable
from mixminus.sip.grammar import DEFAULT_SIP_PORT, SipUri, Unreadable

__all__ = ["BadTarget", "Hop", "TargetUnknown", "find_hop"]

_TRANSPORTS: Final[dict[str, Literal["udp", "tcp"]]] = {"": "udp", "udp": "udp", "tcp": "tcp"}


class BadTarget(InvalidArgument):
    """No SIP URI, or one that asks for a transport that we do not speak."""

    reason = "SIP_TARGET_INVALID"


class TargetUnknown(Unavailable):
    """The host of a URI has no address."""


@dataclass(frozen=True, slots=True)
class Hop:
    """An address, and how to get there."""

    transport: Literal["udp", "tcp"]
    host: str
    """An IP address, without brackets."""
    port: int
    connection: int = 0
    """The edge's number of a TCP connection that a phone has opened; 0: open one."""


async def find_hop(uri: str) -> Hop:
    """Return the hop to a URI's host; raise BadTarget or TargetUnknown.

    Names are asked for addresses only: no NAPTR and no SRV (RFC 3263 sections 4.1 and 4.2). A name
    with addresses of both families is reached by IPv4.
    """
    try:
        target = SipUri.parse(uri)
    except Unreadable:
        raise BadTarget("the target is not a SIP URI") from None
    transport = _TRANSPORTS.get(target.parameters.get("transport", "").lower())
    if target.scheme != "sip" or transport is None:
        raise BadTarget("phones are called by sip: over UDP or TCP")
    port = target.port or DEFAULT_SIP_PORT
    host = target.parameters.get("maddr", "") or target.host
    try:
        return Hop(transport, str(ipaddress.ip_address(host)), port)
    except ValueError:
        return Hop(transport, await _resolve(host, port), port)


async def _resolve(host: str, port: int) -> str:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise TargetUnknown("the target's host has no address") from error
    found.sort(key=lambda each: each[0] is not socket.AF_INET)
    return str(found[0][4][0])
