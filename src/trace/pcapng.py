"""A trace as pcapng (draft-ietf-opsawg-pcapng), for Wireshark and tshark.

Three interfaces, because a file may have several kinds of link:

    SIP                 IP packets (LINKTYPE_RAW): messages over UDP and TCP in frames made for them
    SIP inside of TLS   exported PDUs (LINKTYPE_WIRESHARK_UPPER_PDU): TLS and secure WebSockets as the server sees them,
                        which a TCP frame on a port of TLS could not show
    Audio statistics    exported PDUs in JSON, with a comment that reads them out: nothing of the kind was on the wire,
                        and no RTCP packet is invented

Every packet has its direction (epb_flags), and a comment where something is to be said about it.
"""

import ipaddress
import struct
from collections.abc import Iterable
from typing import Final

import orjson

from mixminus.trace.entries import AudioStatistics, Entry, SipMessage
from mixminus.trace.frames import MAX_PAYLOAD_BYTES, TcpStreams, udp_frame
from mixminus.trace.wording import of_statistics

__all__ = ["MEDIA_TYPE", "pcapng"]

MEDIA_TYPE: Final = "application/x-pcapng"

_SECTION: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_PACKET: Final = 6
_BYTE_ORDER: Final = 0x1A2B3C4D
_RAW_IP: Final = 101
_EXPORTED_PDU: Final = 252
_SIP, _INSIDE_TLS, _AUDIO = range(3)
_INTERFACES: Final = (
    (_RAW_IP, "SIP"),
    (_EXPORTED_PDU, "SIP inside of TLS"),
    (_EXPORTED_PDU, "audio statistics"),
)
# Options of blocks.
_COMMENT, _APPLICATION, _NAME, _RESOLUTION, _FLAGS = 1, 4, 2, 9, 2
_MICROSECONDS: Final = 6
_INBOUND, _OUTBOUND = 1, 2
# Tags of exported PDUs (Wireshark's epan/exported_pdu.h).
_DISSECTOR, _SOURCE, _DESTINATION = 12, {4: 20, 6: 22}, {4: 21, 6: 23}
_PORT_TYPE, _SOURCE_PORT, _DESTINATION_PORT = 24, 25, 26
_PORT_TYPE_TCP, _PORT_TYPE_UDP = 2, 3

Address = tuple[str, int]


def pcapng(entries: Iterable[Entry], application: str, comment: str) -> bytes:
    """Return a file; ``application`` is the program that has captured, ``comment`` describes the whole."""
    blocks = [_section(application, comment)]
    blocks += (_interface(link, name) for link, name in _INTERFACES)
    streams = TcpStreams()
    blocks += (_packet(entry, streams) for entry in entries)
    return b"".join(blocks)


def _section(application: str, comment: str) -> bytes:
    options = _options((_COMMENT, comment.encode()), (_APPLICATION, application.encode()))
    return _block(_SECTION, struct.pack("<IHHq", _BYTE_ORDER, 1, 0, -1) + options)


def _interface(link: int, name: str) -> bytes:
    options = _options((_NAME, name.encode()), (_RESOLUTION, bytes([_MICROSECONDS])))
    return _block(_INTERFACE, struct.pack("<HHI", link, 0, 0) + options)


def _packet(entry: Entry, streams: TcpStreams) -> bytes:
    if isinstance(entry, AudioStatistics):
        body = orjson.dumps({"call_id": str(entry.call_id), **entry.values})
        source = entry.local if entry.local[1] else None
        payload = _exported("json", source, None, _PORT_TYPE_UDP) + body
        return _enhanced(_AUDIO, entry.at_us, payload, of_statistics(entry.values), flags=0)
    source, destination = (entry.local, entry.remote) if entry.sent else (entry.remote, entry.local)
    data, comment = entry.data[:MAX_PAYLOAD_BYTES], ""
    interface = _SIP
    if entry.transport == "UDP":
        payload = udp_frame(source, destination, data)
    elif entry.transport == "TCP":
        payload = streams.frame(source, destination, data)
    else:
        interface, comment = _INSIDE_TLS, _inside(entry)
        payload = _exported("sip", source, destination, _PORT_TYPE_TCP) + data
    cut = max(entry.length - len(entry.data), 0)
    if cut:
        comment = f"{comment}; {cut} bytes are missing at the end".removeprefix("; ")
    flags = _OUTBOUND if entry.sent else _INBOUND
    return _enhanced(interface, entry.at_us, payload, comment, flags=flags, missing=cut)


def _inside(message: SipMessage) -> str:
    return "over TLS, as the server sees it" if message.transport == "TLS" else "over a secure WebSocket"


def _exported(dissector: str, source: Address | None, destination: Address | None, port_type: int) -> bytes:
    """Return the tags before an exported PDU: how to read it, and its addresses."""
    tags = [(_DISSECTOR, dissector.encode())]
    for end, kinds, port in ((source, _SOURCE, _SOURCE_PORT), (destination, _DESTINATION, _DESTINATION_PORT)):
        if end:
            address = ipaddress.ip_address(end[0])
            tags += [(kinds[address.version], address.packed), (port, struct.pack("!I", end[1]))]
    tags.append((_PORT_TYPE, struct.pack("!I", port_type)))
    return b"".join(_option(tag, value, "!") for tag, value in tags) + b"\0\0\0\0"


def _enhanced(
    interface: int, at_us: int, payload: bytes, comment: str, *, flags: int, missing: int = 0
) -> bytes:
    header = struct.pack(
        "<IIIII", interface, at_us >> 32, at_us & 0xFFFFFFFF, len(payload), len(payload) + missing
    )
    options = [(_FLAGS, struct.pack("<I", flags))] if flags else []
    if comment:
        options.insert(0, (_COMMENT, comment.encode()))
    return _block(_PACKET, header + _padded(payload) + (_options(*options) if options else b""))


def _options(*options: tuple[int, bytes]) -> bytes:
    return b"".join(_option(code, value, "<") for code, value in options) + b"\0\0\0\0"


def _option(code: int, value: bytes, order: str) -> bytes:
    value = value[:0xFFFF]
    # An exported PDU counts the padding of a value, an option of pcapng does not.
    length = len(value) if order == "<" else len(_padded(value))
    return struct.pack(f"{order}HH", code, length) + _padded(value)


def _padded(value: bytes) -> bytes:
    return value + b"\0" * (-len(value) % 4)


def _block(kind: int, body: bytes) -> bytes:
    total = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + total + body + total
