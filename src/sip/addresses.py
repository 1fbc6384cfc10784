"""Addresses: what From and Request-URI say, as the API says it."""

import re
from typing import Final
from urllib.parse import unquote

from mixminus.call.leg import Address
from mixminus.sip.edge.grammar import NameAddress, SipUri, Unreadable

__all__ = ["callee_of", "caller_of"]

_MAX_NAME: Final = 255
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
