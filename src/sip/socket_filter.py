"""Socket filters (socket(7), linux/filter.h): the kernel drops datagrams by their source, before any process is woken for them."""

import ctypes
import ipaddress
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

__all__ = ["accept_only_from", "drop_sources", "dropped"]

# asm-generic/socket.h; Python names none of them.
_SO_ATTACH_FILTER: Final = 26
_SO_DETACH_FILTER: Final = 27
_SO_LOCK_FILTER: Final = 44
_SO_MEMINFO: Final = 55
# linux/sock_diag.h: the last of nine numbers is what was dropped.
_MEMINFO = struct.Struct("=9I")
# linux/filter.h: operations, and where the network header begins.
_LOAD_WORD, _LOAD_HALF, _JUMP_EQUAL, _RETURN = 0x20, 0x28, 0x15, 0x06
_NETWORK_HEADER: Final = 0xFFF0_0000
_IPV4_SOURCE: Final = 12  # RFC 791 section 3.1
_IPV6_SOURCE: Final = 8  # RFC 8200 section 3
_UDP_SOURCE_PORT: Final = 0
_WHOLE_DATAGRAM: Final = 0xFFFF_FFFF
_LARGEST_DATAGRAM: Final = 65_535
_IPV4: Final = 4

_Instruction = tuple[int, int, int, int]
"""Operation, how many to skip if true, how many if false, operand."""


def accept_only_from(sip_socket: socket.socket, address: tuple[str, int]) -> None:
    """Drop datagrams from any other IPv4 address, for as long as the socket lives."""
    host = int(ipaddress.IPv4Address(address[0]))
    _attach(
        sip_socket,
        [
            (_LOAD_WORD, 0, 0, _NETWORK_HEADER + _IPV4_SOURCE),
            (_JUMP_EQUAL, 0, 3, host),
            (_LOAD_HALF, 0, 0, _UDP_SOURCE_PORT),
            (_JUMP_EQUAL, 0, 1, address[1]),
            (_RETURN, 0, 0, _WHOLE_DATAGRAM),
            (_RETURN, 0, 0, 0),
        ],
    )
    sip_socket.setsockopt(socket.SOL_SOCKET, _SO_LOCK_FILTER, 1)
    _discard_received(sip_socket)


def drop_sources(sip_socket: socket.socket, sources: Sequence[str]) -> None:
    """Drop datagrams from these sources, at most 32, and from no others; those of the other family are left out.

    A source is what ``hosts.network_of`` returns: an IPv4 address, or an IPv6 network of 64 bits.
    """
    version = 6 if sip_socket.family == socket.AF_INET6 else _IPV4
    networks = [each for each in map(ipaddress.ip_network, sources) if each.version == version]
    program: list[_Instruction] = []
    for network in networks:
        program += _skip_unless_from(network)
        program.append((_RETURN, 0, 0, 0))
    if program:
        _attach(sip_socket, [*program, (_RETURN, 0, 0, _WHOLE_DATAGRAM)])
        return
    with suppress(FileNotFoundError):  # there is no filter
        sip_socket.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)


def dropped(sip_socket: socket.socket) -> int:
    """Return how many datagrams the kernel has dropped so far, modulo 2^32: by a filter, or because the buffer was full."""
    numbers = sip_socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
    return int(_MEMINFO.unpack(numbers)[-1])


def _discard_received(sip_socket: socket.socket) -> None:
    """Discard what came between bind and the filter: it may come from any program."""
    with suppress(BlockingIOError):
        while True:
            sip_socket.recv(_LARGEST_DATAGRAM, socket.MSG_DONTWAIT)


def _skip_unless_from(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> list[_Instruction]:
    """Return instructions that skip the one after them for a packet of another source."""
    first = int(network.network_address)
    if network.version == _IPV4:
        return [(_LOAD_WORD, 0, 0, _NETWORK_HEADER + _IPV4_SOURCE), (_JUMP_EQUAL, 0, 1, first)]
    return [
        (_LOAD_WORD, 0, 0, _NETWORK_HEADER + _IPV6_SOURCE),
        (_JUMP_EQUAL, 0, 3, first >> 96),
        (_LOAD_WORD, 0, 0, _NETWORK_HEADER + _IPV6_SOURCE + 4),
        (_JUMP_EQUAL, 0, 1, first >> 64 & 0xFFFF_FFFF),
    ]


def _attach(sip_socket: socket.socket, program: Sequence[_Instruction]) -> None:
    code = b"".join(struct.pack("@HBBI", *instruction) for instruction in program)
    held = ctypes.create_string_buffer(code, len(code))
    described = struct.pack("@HP", len(program), ctypes.addressof(held))
    sip_socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)
