"""A worker's SIP socket: opened by pjsua2, and filtered by the kernel so that only the edge can send to it.

pjsua2 parses whatever reaches its port, session descriptions too, before any callback of ours runs.
So the kernel drops what other programs of this machine send to it: a socket filter (socket(7)) checks the
sender. No other process can send from the edge's address while the edge is bound to it.
"""

import ctypes
import ipaddress
import os
import socket
import struct
from contextlib import suppress
from typing import Final

import pjsua2 as pj  # type: ignore[import-untyped]  # the wheel has no types

__all__ = ["accept_only_from", "open_transport"]

_LOOPBACK: Final = "127.0.0.1"
# linux/socket.h; Python names neither.
_SO_ATTACH_FILTER: Final = 26
_SO_LOCK_FILTER: Final = 44
# linux/filter.h: operations, and where the network header begins.
_LOAD_WORD, _LOAD_HALF, _JUMP_EQUAL, _RETURN = 0x20, 0x28, 0x15, 0x06
_NETWORK_HEADER: Final = 0xFFF0_0000
_IPV4_SOURCE: Final = 12
_UDP_SOURCE_PORT: Final = 0
_WHOLE_DATAGRAM: Final = 0xFFFF
_LARGEST_DATAGRAM: Final = 65_535


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


def accept_only_from(sip_socket: socket.socket, address: tuple[str, int]) -> None:
    """Drop datagrams from any other IPv4 address, for as long as the socket lives."""
    host = int(ipaddress.IPv4Address(address[0]))
    program = (
        (_LOAD_WORD, 0, 0, _NETWORK_HEADER + _IPV4_SOURCE),
        (_JUMP_EQUAL, 0, 3, host),
        (_LOAD_HALF, 0, 0, _UDP_SOURCE_PORT),
        (_JUMP_EQUAL, 0, 1, address[1]),
        (_RETURN, 0, 0, _WHOLE_DATAGRAM),
        (_RETURN, 0, 0, 0),
    )
    code = b"".join(struct.pack("@HBBI", *instruction) for instruction in program)
    held = ctypes.create_string_buffer(code, len(code))
    described = struct.pack("@HP", len(program), ctypes.addressof(held))
    sip_socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)
    sip_socket.setsockopt(socket.SOL_SOCKET, _SO_LOCK_FILTER, 1)
    _discard_received(sip_socket)


def _discard_received(sip_socket: socket.socket) -> None:
    """Discard what came between bind and the filter: it may come from any program."""
    with suppress(BlockingIOError):
        while True:
            sip_socket.recv(_LARGEST_DATAGRAM, socket.MSG_DONTWAIT)


def _descriptor_of(sip_port: int) -> int:
    """Return the descriptor of pjsip's UDP socket, which its API does not expose; the poll needs it."""
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError), socket.socket(fileno=os.dup(int(name))) as candidate:
            is_udp = candidate.type == socket.SOCK_DGRAM and candidate.family == socket.AF_INET
            if is_udp and candidate.getsockname()[1] == sip_port:
                return int(name)
    raise RuntimeError("the SIP socket is not among the open descriptors")
