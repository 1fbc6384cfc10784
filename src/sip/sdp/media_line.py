"""Repair of ``m=`` lines: those of rejected media need no meaning, those of audio lose what is no payload type. Pure."""

import re
from typing import Final

from mixminus.sip.leniency import Leniency
from mixminus.sip.sdp.description import MAX_FORMATS

__all__ = ["repaired_media"]

_TOKEN = re.compile(r"[!-~]+\Z")
_PORT = re.compile(r"([0-9]{1,5})(?:/[1-9][0-9]{0,4})?\Z")
_PORT_LIMIT: Final = 65_536
_ZERO = re.compile(r"0+(?:/[0-9]{1,5})?\Z")
_COMMAS = re.compile(r"[0-9]{1,3}(?=.*,)(?:(?: ?, ?| )[0-9]{1,3})*,?\Z")
_ZEROS = re.compile(r"\A0+(?=[0-9]{1,5}\Z)")
_PAYLOAD_TYPE = re.compile(r"(?:[0-9]|[1-9][0-9]|1[01][0-9]|12[0-7])\Z")
_RTP: Final = ("RTP/", "UDP/TLS/RTP/", "TCP/TLS/RTP/")
_OTHER_MEDIA: Final = frozenset({"video", "text", "application", "message", "image", "model"})
"""The registered media besides audio (RFC 8866 section 8.2.2): they are rejected, whatever their line holds."""
_ANY: Final = "*"
_PROTOCOLS: Final = {
    written: profile
    for profile in ("RTP/AVP", "RTP/SAVP", "RTP/AVPF", "RTP/SAVPF")
    for written in (f"{profile}/UDP", f"UDP/{profile}")
}
"""Protocols that name the transport too, which RTP's profiles imply (RFC 8866 section 5.14)."""


def repaired_media(value: str) -> tuple[str, bool, set[Leniency]]:
    """Return a media line without ``m=``, whether it is of a rejected medium, and what was wrong with it.

    A malformed line of another registered medium than audio becomes one with port 0, which is what it is answered with.
    """
    found: set[Leniency] = set()
    fields = value.split()
    if " ".join(fields) != value:
        found.add(Leniency.SDP_BLANKS)
    kind, port, protocol, *formats = [*fields, "", "", ""][: max(3, len(fields))]
    if protocol.upper().startswith(_RTP) and protocol != protocol.upper():
        protocol = protocol.upper()
        found.add(Leniency.SDP_CASE)
    if protocol.upper() in _PROTOCOLS:
        protocol = _PROTOCOLS[protocol.upper()]
        found.add(Leniency.SDP_PROTOCOL)
    if not _TOKEN.match(kind):
        return " ".join(fields), False, found
    is_rtp = protocol.startswith(_RTP)
    if is_rtp and _COMMAS.match(listed := " ".join(formats)):
        formats = listed.replace(",", " ").split()
        found.add(Leniency.SDP_BLANKS)
    if is_rtp and (numbers := [_ZEROS.sub("", each) for each in formats]) != formats:
        formats = numbers
        found.add(Leniency.SDP_PAYLOAD_TYPE)
    if (number := _ZEROS.sub("", port)) != port:
        port = number
        found.add(Leniency.SDP_PAYLOAD_TYPE)
    usable = [each for each in formats if _PAYLOAD_TYPE.match(each)] if is_rtp else formats
    if _is_dead(kind, port, usable):
        rendered = _dead(kind, port, protocol, formats)
        if rendered.split() != [kind, port, protocol, *formats]:
            found.add(Leniency.SDP_DEAD_MEDIA)
        return rendered, True, found
    if len(usable) < len(formats):
        found.add(Leniency.SDP_PAYLOAD_TYPE)
    return " ".join([kind, port, protocol, *usable]), False, found


def _is_dead(kind: str, port: str, usable: list[str]) -> bool:
    if not port or _ZERO.match(port):
        return True
    if kind.lower() not in _OTHER_MEDIA:
        return not usable
    number = _PORT.match(port)
    return not number or int(number[1]) >= _PORT_LIMIT or not 0 < len(usable) <= MAX_FORMATS


def _dead(kind: str, port: str, protocol: str, formats: list[str]) -> str:
    is_rtp = protocol.startswith(_RTP) or not protocol
    shown = [each for each in formats if not is_rtp or _PAYLOAD_TYPE.match(each)][:MAX_FORMATS]
    shown_port = port if _ZERO.match(port) and _PORT.match(port) else "0"
    return " ".join([kind, shown_port, protocol or "RTP/AVP", *(shown or ["0" if is_rtp else _ANY])])
