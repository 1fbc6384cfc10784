"""Frames around payloads that were captured without them: IPv4, IPv6, UDP and TCP headers. Pure.

A trace sees whole messages; programs that read captures expect packets. Checksums are right (RFC 1071), TCP sequence
numbers continue within a connection, and there is no handshake.
"""

import ipaddress
import struct
from dataclasses import dataclass, field
from typing import Final

__all__ = ["MAX_PAYLOAD_BYTES", "TcpStreams", "tcp_frame", "udp_frame"]

MAX_PAYLOAD_BYTES: Final = 65_535 - 40 - 20
"""What fits an IP packet with the larger of both headers each."""
_UDP: Final = 17
_TCP: Final = 6
_TTL: Final = 64
_DONT_FRAGMENT: Final = 0x4000
_PSH_ACK: Final = 0x18
_DATA_OFFSET: Final = 5 << 4
_WINDOW: Final = 65_535
_SEQUENCE_BITS: Final = 0xFFFFFFFF

Address = tuple[str, int]
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def udp_frame(source: Address, destination: Address, payload: bytes) -> bytes:
    """Return an IP packet with a UDP datagram."""
    ends = _ends(source, destination)
    length = 8 + len(payload)
    header = struct.pack("!HHHH", source[1], destination[1], length, 0)
    # RFC 768: a checksum of zero is sent as ones, zero means none.
    checksum = _checksum(_pseudo_header(*ends, _UDP, length) + header + payload) or 0xFFFF
    return _packet(*ends, _UDP, header[:6] + struct.pack("!H", checksum) + payload)


def tcp_frame(
    source: Address, destination: Address, payload: bytes, *, sequence: int, acknowledged: int
) -> bytes:
    """Return an IP packet with a TCP segment."""
    ends = _ends(source, destination)
    header = struct.pack(
        "!HHIIBBHHH",
        source[1],
        destination[1],
        sequence & _SEQUENCE_BITS,
        acknowledged & _SEQUENCE_BITS,
        _DATA_OFFSET,
        _PSH_ACK,
        _WINDOW,
        0,
        0,
    )
    checksum = _checksum(_pseudo_header(*ends, _TCP, len(header) + len(payload)) + header + payload)
    return _packet(*ends, _TCP, header[:16] + struct.pack("!H", checksum) + header[18:] + payload)


@dataclass(slots=True)
class TcpStreams:
    """The sequence numbers of connections whose handshake was not captured."""

    _sent: dict[tuple[Address, Address], int] = field(default_factory=dict)

    def frame(self, source: Address, destination: Address, payload: bytes) -> bytes:
        """Return the next segment from one end to the other."""
        sequence = self._sent.get((source, destination), 1)
        self._sent[source, destination] = sequence + len(payload)
        acknowledged = self._sent.get((destination, source), 1)
        return tcp_frame(source, destination, payload, sequence=sequence, acknowledged=acknowledged)


def _ends(source: Address, destination: Address) -> tuple[IpAddress, IpAddress]:
    """Return both addresses in one family: IPv4 is mapped into IPv6 if the other end has IPv6."""
    first, second = ipaddress.ip_address(source[0]), ipaddress.ip_address(destination[0])
    if first.version == second.version:
        return first, second
    return _mapped(first), _mapped(second)


def _mapped(address: IpAddress) -> ipaddress.IPv6Address:
    if isinstance(address, ipaddress.IPv6Address):
        return address
    return ipaddress.IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed)


def _packet(source: IpAddress, destination: IpAddress, protocol: int, segment: bytes) -> bytes:
    if source.version == 6:  # noqa: PLR2004 - the version itself
        header = struct.pack("!IHBB", 6 << 28, len(segment), protocol, _TTL)
        return header + source.packed + destination.packed + segment
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, _DONT_FRAGMENT, _TTL, protocol, 0)
    header += source.packed + destination.packed
    return header[:10] + struct.pack("!H", _checksum(header)) + header[12:] + segment


def _pseudo_header(source: IpAddress, destination: IpAddress, protocol: int, length: int) -> bytes:
    """RFC 768 and RFC 9293 for IPv4, RFC 8200 section 8.1 for IPv6."""
    if source.version == 6:  # noqa: PLR2004 - the version itself
        return source.packed + destination.packed + struct.pack("!II", length, protocol)
    return source.packed + destination.packed + struct.pack("!BBH", 0, protocol, length)


def _checksum(octets: bytes) -> int:
    """RFC 1071: the complement of the sum of 16-bit words, with the carries added."""
    padded = octets + b"\0" * (len(octets) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
