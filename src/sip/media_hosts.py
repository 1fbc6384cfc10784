"""Whether a phone's audio may come from a host that its signalling does not name."""

import functools
import ipaddress
from collections.abc import Iterable
from typing import Final

__all__ = ["opens_to_any_host"]

_PRIVATE: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",  # RFC 1918
        "100.64.0.0/10",  # RFC 6598
        "169.254.0.0/16",  # RFC 3927
        "fc00::/7",  # RFC 4193
        "fe80::/10",
    )
)


def opens_to_any_host(remote: tuple[str, int] | None, hosts: Iterable[str]) -> bool:
    """Return whether ``remote``, from SDP, is behind a NAT whose address the signalling hosts do not give.

    Its address is private and the hosts are not all its own network's: the phone is behind a NAT and a proxy that
    relays no audio. If a host in ``hosts`` is private too, the phone is in a network that we can reach.
    """
    known = [host for host in hosts if not remote or host != remote[0]]
    return remote is not None and _private(remote[0]) and bool(known) and not any(map(_private, known))


@functools.lru_cache(maxsize=4096)
def _private(host: str) -> bool:
    address = ipaddress.ip_address(host)
    return any(address in network for network in _PRIVATE)
