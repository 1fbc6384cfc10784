"""A worker's SIP socket: opened by pjsua2, and filtered by the kernel so that only the edge can send to it.

pjsua2 parses whatever reaches its port, session descriptions too, before any callback of ours runs.
So the kernel drops what other programs of this machine send to it: a socket filter (socket(7)) checks the
sender. No other process can send from the edge's address while the edge is bound to it.
"""

import os
import socket
from contextlib import suppress
from typing import Final

import pjsua2 as pj  # type: ignore[import-untyped]  # the wheel has no types

from mixminus.sip.socket_filter import accept_only_from

__all__ = ["open_transport"]

_LOOPBACK: Final = "127.0.0.1"


def open_transport(endpoint: pj.Endpoint, edge_port: int) -> tuple[int, int]:
    """Open the UDP socket; return the SIP port and the socket's descriptor."""
    config = pj.TransportConfig()
    config.port = 0
    config.boundAddress = _LOOPBACK
    transport_id = endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, config)
    name: str = endpoint.transportGetInfo(transport_id).localName
    sip_port = int(name.rpartition(":")[2])
    descriptor = _descriptor_of(sip_port)
    with socket.socket(fileno=os.dup(descriptor)) as sip_socket:
        accept_only_from(sip_socket, (_LOOPBACK, edge_port))
    return sip_port, descriptor


def _descriptor_of(sip_port: int) -> int:
    """Return the descriptor of pjsip's UDP socket, which its API does not expose; the poll needs it."""
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError), socket.socket(fileno=os.dup(int(name))) as candidate:
            is_udp = candidate.type == socket.SOCK_DGRAM and candidate.family == socket.AF_INET
            if is_udp and candidate.getsockname()[1] == sip_port:
                return int(name)
    raise RuntimeError("the SIP socket is not among the open descriptors")
