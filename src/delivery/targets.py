"""Where webhooks may go: the address that is connected to is the one that is checked.

The check sits where a socket is made, after a name is resolved: addresses in the URL, redirects,
and names that resolve to something else a moment later all come by here.
"""

import ipaddress
import socket
from typing import Final

from aiohttp import AddrInfoType

__all__ = ["TargetRefused", "is_public", "open_public"]

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_BITS: Final = 32


class TargetRefused(OSError):
    """The destination is inside a private network, or this machine."""


def is_public(host: str) -> bool:
    """Return whether an address belongs to the public internet, also when IPv6 wraps an IPv4 one."""
    address = ipaddress.ip_address(host)
    if isinstance(address, ipaddress.IPv6Address):
        if wrapped := _wrapped(address):
            return is_public(str(wrapped))
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast


def open_public(info: AddrInfoType) -> socket.socket:
    """Make the socket for a connection; raise TargetRefused unless it goes to a public address."""
    family, kind, protocol, _, peer = info
    if not is_public(str(peer[0])):
        # The same words for every address of a name, so that their errors are reported as one.
        raise TargetRefused("webhooks to private addresses are refused")
    return socket.socket(family, kind, protocol)


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) % (1 << _IPV4_BITS))
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
