"""Addresses: From and Request-URI to the API's and back, and the network address that a URI leads to."""

import re
from typing import Final
from urllib.parse import quote, unquote

from mixminus.call.leg import Address
from mixminus.errors import InvalidArgument, Unavailable
from mixminus.model.call import ANONYMOUS_CALLER
from mixminus.sip.grammar import DEFAULT_SIP_PORT, NameAddress, SipUri, Unreadable
from mixminus.sip.telephone import subscriber_of

__all__ = ["BadTarget", "TargetUnknown", "callee_of", "caller_of", "from_value"]

_MAX_NAME: Final = 255
_ANONYMOUS_HOST: Final = "anonymous.invalid"
_ANONYMOUS: Final = '"Anonymous" <sip:anonymous@anonymous.invalid>'  # RFC 3261 section 8.1.1.3
_USER_CHARACTERS: Final = "-_.!~*'()&=+$,"  # RFC 3261 section 25.1, unreserved and user-unreserved
_NUMBER = re.compile(r"\+?[0-9]+\Z")


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


def from_value(source: Address, host: str, port: int = 0, *, anonymous: bool) -> str:
    """Return the From header of an outgoing call, without its tag.

    A source without a name calls as the server. The port is written unless it is SIP's own: a phone that is called refers
    others to the address in From.
    """
    if anonymous:
        return _ANONYMOUS
    user = source.target.removeprefix("sip:").partition("@")[0]
    authority = f"[{host}]" if ":" in host else host
    authority += f":{port}" if port not in (0, DEFAULT_SIP_PORT) else ""
    uri = f"<sip:{quote(user or 'mixminus', safe=_USER_CHARACTERS)}@{authority}>"
    name = "".join(each for each in source.name or source.target_name if each.isprintable())[:_MAX_NAME]
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" {uri}' if name else uri
