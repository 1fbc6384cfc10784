"""Addresses: From and Request-URI to the API's and back, and the network address that a URI leads to."""

import asyncio
import ipaddress
import re
import socket
from typing import Final, Literal
from urllib.parse import quote, unquote

from mixminus.call.leg import Address
from mixminus.errors import InvalidArgument, Unavailable
from mixminus.model.call import ANONYMOUS_CALLER
from mixminus.sip.grammar import DEFAULT_SIP_PORT, DEFAULT_TLS_PORT, NameAddress, SipUri, Unreadable
from mixminus.sip.internal_headers import Flow
from mixminus.sip.telephone import subscriber_of

__all__ = ["BadTarget", "TargetUnknown", "callee_of", "caller_of", "from_value", "resolve"]

_MAX_NAME: Final = 255
_ANONYMOUS_HOST: Final = "anonymous.invalid"
_ANONYMOUS: Final = '"Anonymous" <sip:anonymous@anonymous.invalid>'  # RFC 3261 section 8.1.1.3
_USER_CHARACTERS: Final = "-_.!~*'()&=+$,"  # RFC 3261 section 25.1, unreserved and user-unreserved
_NUMBER = re.compile(r"\+?[0-9]+\Z")
_TRANSPORTS: Final[dict[str, Literal["UDP", "TCP", "TLS"]]] = {
    "": "UDP", "udp": "UDP", "tcp": "TCP", "tls": "TLS",
}  # fmt: skip


class BadTarget(InvalidArgument):
    """Not a SIP URI, or one with an unsupported transport."""

    reason = "SIP_TARGET_INVALID"


class TargetUnknown(Unavailable):
    """The host of a URI has no address."""


def caller_of(from_value: str) -> Address:
    """Return the caller's address out of a From header: a number, or ``user@host``."""
    try:
        sender = NameAddress.parse(from_value)
        uri = _tel_uri(sender.uri) or SipUri.parse(sender.uri)
    except Unreadable:
        return Address(type="sip", target="anonymous")
    if uri.host.lower() == _ANONYMOUS_HOST:
        return ANONYMOUS_CALLER
    user = unquote(subscriber_of(uri))
    name = sender.display[:_MAX_NAME]
    if _NUMBER.match(user):
        return Address(type="tel", target=user, target_name=name)
    return Address(type="sip", target=f"{user}@{uri.host}" if user else uri.host, target_name=name)


def _tel_uri(uri: str) -> SipUri | None:
    """Return a ``tel:`` URI as a SIP URI without host (RFC 3261 section 19.1.6)."""
    scheme, _, number = uri.partition(":")
    return SipUri("sip", number, "", 0, {"user": "phone"}) if scheme.lower() == "tel" else None


def callee_of(request_uri: str) -> Address:
    """Return the dialled address: the user part, which names a conference."""
    try:
        uri = SipUri.parse(request_uri)
    except Unreadable:
        return Address(type="sip", target="")
    user = f"{uri.user}:{uri.password}" if uri.password else subscriber_of(uri)
    return Address(type="sip", target=unquote(user))


def from_value(source: Address, host: str, *, anonymous: bool) -> str:
    """Return the From header of an outgoing call, without its tag.

    A source without a name calls as the server.
    """
    if anonymous:
        return _ANONYMOUS
    user = source.target.removeprefix("sip:").partition("@")[0]
    authority = f"[{host}]" if ":" in host else host
    uri = f"<sip:{quote(user or 'mixminus', safe=_USER_CHARACTERS)}@{authority}>"
    name = "".join(each for each in source.name or source.target_name if each.isprintable())[:_MAX_NAME]
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" {uri}' if name else uri


async def resolve(uri: str) -> Flow:
    """Return where a request to a URI is sent; raise BadTarget or TargetUnknown.

    Host names are looked up by address records only: no NAPTR and no SRV (RFC 3263 sections 4.1 and
    4.2). A name with addresses of both families is reached by IPv4.
    """
    try:
        target = SipUri.parse(uri)
    except Unreadable:
        raise BadTarget("the target is not a SIP URI") from None
    transport = _TRANSPORTS.get(target.parameters.get("transport", "").lower())
    if target.scheme != "sip" or transport is None:
        raise BadTarget("only sip: URIs over UDP, TCP or TLS can be called")
    port = target.port or (DEFAULT_TLS_PORT if transport == "TLS" else DEFAULT_SIP_PORT)
    host = target.parameters.get("maddr", "") or target.host
    try:
        return Flow(transport, str(ipaddress.ip_address(host)), port)
    except ValueError:
        return Flow(transport, await _look_up(host, port), port, name=host if transport == "TLS" else "")


async def _look_up(host: str, port: int) -> str:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise TargetUnknown("the target's host has no address") from error
    found.sort(key=lambda each: each[0] is not socket.AF_INET)
    return str(found[0][4][0])
