"""Hosts that signalling names: where the audio of a phone may come from."""

import functools
import ipaddress
from collections.abc import Iterator
from typing import Final

from mixminus.sip.edge.message import Request, Response
from mixminus.sip.grammar import NameAddress, SipUri, Unreadable, Via

__all__ = ["media_hosts"]

_MAX_HOSTS: Final = 4
_MAX_ADDRESS: Final = 64
"""Longer than any address with its brackets."""


def media_hosts(message: Request | Response, source_host: str) -> tuple[str, ...]:
    """Return the addresses that a phone's message names: its source, the hops before, and its Contact.

    A hop writes into ``received`` from where a request really came (RFC 3261 section 18.2.1): the first proxy thereby
    names the NAT of the phone. At most four, each an IP address, the source first.
    """
    named = [source_host]
    if isinstance(message, Request):
        named += _hops(message)
    named += _contact(message)
    hosts = dict.fromkeys(host for name in named if len(name) <= _MAX_ADDRESS and (host := _canonical(name)))
    return tuple(hosts)[:_MAX_HOSTS]


def _hops(request: Request) -> Iterator[str]:
    """Return the phone's own hop first, then those towards us."""
    for value in reversed(request.headers.values("via")):
        via = Via.parse(value)
        yield via.parameters.get("received") or via.host


def _contact(message: Request | Response) -> Iterator[str]:
    try:
        yield SipUri.parse(NameAddress.parse(message.headers.first("contact")).uri).host
    except Unreadable:
        return


@functools.lru_cache(maxsize=4096)
def _canonical(name: str) -> str:
    if "%" in name:  # a zone, which is any text, and means something on the phone's machine only (RFC 6874)
        return ""
    try:
        return str(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return ""
