"""The fence around a worker's SIP socket: only what the edge has sent gets in.

pjsua2 parses whatever reaches its port, session descriptions too, before any
callback of ours is asked. So other programs of this machine, which may send to
loopback as they like, are refused by the kernel: a socket filter (socket(7))
looks at the sender. Nobody can send from the edge's address while the edge
holds it.
"""

import ctypes
import ipaddress
import socket
import struct
from contextlib import suppress
from typing import Final

__all__ = ["fence"]

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


def fence(sip_socket: socket.socket, edge: tuple[str, int]) -> None:
    """Let only datagrams from the edge's address in, for as long as the socket lives."""
    host = int(ipaddress.IPv4Address(edge[0]))
    program = (
        (_LOAD_WORD, 0, 0, _NETWORK_HEADER + _IPV4_SOURCE),
        (_JUMP_EQUAL, 0, 3, host),
        (_LOAD_HALF, 0, 0, _UDP_SOURCE_PORT),
        (_JUMP_EQUAL, 0, 1, edge[1]),
        (_RETURN, 0, 0, _WHOLE_DATAGRAM),
        (_RETURN, 0, 0, 0),
    )
    code = b"".join(struct.pack("@HBBI", *instruction) for instruction in program)
    held = ctypes.create_string_buffer(code, len(code))
    described = struct.pack("@HP", len(program), ctypes.addressof(held))
    sip_socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)
    sip_socket.setsockopt(socket.SOL_SOCKET, _SO_LOCK_FILTER, 1)
    _forget_waiting(sip_socket)


def _forget_waiting(sip_socket: socket.socket) -> None:
    """Throw away what came between bind and now: it may be anybody's."""
    with suppress(BlockingIOError):
        while True:
            sip_socket.recv(_LARGEST_DATAGRAM, socket.MSG_DONTWAIT)
