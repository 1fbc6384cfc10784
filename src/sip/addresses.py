"""Addresses: what From and Request-URI say, as the API says it."""

import re
from typing import Final
from urllib.parse import quote, unquote

from mixminus.call.leg import Address
from mixminus.sip.grammar import NameAddress, SipUri, Unreadable

__all__ = ["callee_of", "caller_of", "from_value"]

_MAX_NAME: Final = 255
_ANONYMOUS: Final = '"Anonymous" <sip:anonymous@anonymous.invalid>'  # RFC 3261 section 8.1.1.3
_USER_CHARACTERS: Final = "-_.!~*'()&=+$,"  # RFC 3261 section 25.1, unreserved and user-unreserved
_NUMBER = re.compile(r"\+?[0-9]+\Z")


def caller_of(from_value: str) -> Address:
    """Return who calls: a number, or ``user@host``."""
    try:
        sender = NameAddress.parse(from_value)
        uri = SipUri.parse(sender.uri)
    except Unreadable:
        return Address(type="sip", target="anonymous")
    user = unquote(uri.user)
    name = sender.display[:_MAX_NAME]
    if _NUMBER.match(user):
        return Address(type="tel", target=user, target_name=name)
    return Address(type="sip", target=f"{user}@{uri.host}" if user else uri.host, target_name=name)


def callee_of(request_uri: str) -> Address:
    """Return who is called: the user part, which names a conference."""
    try:
        uri = SipUri.parse(request_uri)
    except Unreadable:
        return Address(type="sip", target="")
    user = f"{uri.user}:{uri.password}" if uri.password else uri.user
    return Address(type="sip", target=unquote(user))


def from_value(source: Address, host: str, *, anonymous: bool) -> str:
    """Write the From of a call that we make, without its tag; whoever has no name calls as the server."""
    if anonymous:
        return _ANONYMOUS
    user = source.target.removeprefix("sip:").partition("@")[0]
    authority = f"[{host}]" if ":" in host else host
    uri = f"<sip:{quote(user or 'mixminus', safe=_USER_CHARACTERS)}@{authority}>"
    name = "".join(each for each in source.name or source.target_name if each.isprintable())[:_MAX_NAME]
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" {uri}' if name else uri
