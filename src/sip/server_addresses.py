"""Where phones reach the server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["SipAddress", "addresses"]

Transport = Literal["udp", "tcp", "tls", "wss"]


@dataclass(frozen=True, slots=True)
class SipAddress:
    """A transport of SIP, with the host and the port that phones use."""

    transport: Transport
    host: str
    port: int


def addresses(hosts: Sequence[str], ports: Mapping[Transport, int]) -> tuple[SipAddress, ...]:
    """Return the addresses of each transport on each host; a port of 0 is not served."""
    return tuple(
        SipAddress(transport, host, port) for host in hosts for transport, port in ports.items() if port
    )
