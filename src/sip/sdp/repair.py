"""Repair of received session descriptions: what has one possible meaning is rewritten into a strict form. Pure.

``description.parse`` stays strict. Whatever cannot be repaired is left as it is, for the parser to refuse. One
pass over the lines, in linear time.
"""

import ipaddress
import itertools
import re
from contextlib import suppress
from typing import Final

from mixminus.sip.leniency import Leniency
from mixminus.sip.sdp.crypto_repair import key_form, keys_at_media
from mixminus.sip.sdp.description import MAX_BYTES
from mixminus.sip.sdp.event_repair import events_named
from mixminus.sip.sdp.media_line import repaired_media

__all__ = ["repaired"]

_NUMBER = re.compile(r"[0-9]{1,20}\Z")
_LINE = re.compile(r"[A-Za-z][ \t]*=|[mM][ \t:]")
"""A line, or one that may begin a medium: without it, what follows would belong to the medium before."""
_SPACED = re.compile(r"([A-Za-z])[ \t]+=[ \t]*")
_TYPES: Final = frozenset("VOSCTMAB")
"""The types of lines in the wrong case (RFC 8866 section 5)."""
_RTPMAP = re.compile(r"([0-9]{1,3}) ([^ /]+)/([0-9]+)(?:/1)?\Z")
_NO_CLOCK = re.compile(r"[0-9]{1,3} telephone-event\Z", re.IGNORECASE)
_ZEROS = re.compile(r"\A0+(?=[0-9])")
_NAME = re.compile(r"[!-~]+\Z")
_DIRECTIONS: Final = frozenset({"sendrecv", "sendonly", "recvonly", "inactive"})
_KNOWN: Final = _DIRECTIONS | {"rtpmap", "fmtp", "ptime", "maxptime", "crypto", "rtcp", "rtcp-mux", "mid"}
_FIELDS: Final = frozenset({"rtpmap", "crypto", "rtcp", "ptime", "maxptime"})
"""Attributes whose values are fields with one blank between them."""
_FREE_TEXT: Final = frozenset("siu")
_ORIGIN = re.compile(r"[!-~]+ [0-9]{1,20} [0-9]{1,20} IN IP[46] [!-~]+\Z")
_UNKNOWN_ORIGIN: Final = "- 0 0 IN IP4 0.0.0.0"
_CONNECTION_WORDS: Final = frozenset({"IN", "IP", "IP4", "IP6"})
_FAMILIES: Final = {"IP4": "IP4", "IP6": "IP6", "IPV4": "IP4", "IPV6": "IP6"}
_ORIGIN_NUMBERS: Final = 2


def repaired(text: str) -> tuple[str, frozenset[Leniency]]:
    """Return a strict form of a description, and what was wrong with it."""
    if len(text) > MAX_BYTES:
        return text, frozenset()
    return _Repair().run(text)


class _Repair:
    """One description."""

    def __init__(self) -> None:
        self._found: set[Leniency] = set()
        self._dead = False
        """Whether the lines belong to a medium that is rejected."""

    def run(self, text: str) -> tuple[str, frozenset[Leniency]]:
        lines = [each for line in self._lines(text) if (each := self._line(line)) is not None]
        if lines and lines[0] == "v=0" and not _has_origin(lines):
            lines.insert(1, f"o={_UNKNOWN_ORIGIN}")
            self._found.add(Leniency.SDP_ORIGIN)
        for place, leniency in ((keys_at_media, Leniency.SDP_CRYPTO), (events_named, Leniency.SDP_RTPMAP)):
            placed = place(lines)
            if placed is not lines:
                lines = placed
                self._found.add(leniency)
        return "".join(f"{line}\r\n" for line in lines), frozenset(self._found)

    def _lines(self, text: str) -> list[str]:
        cut = text.removeprefix("\ufeff").rstrip("\0")
        joined = cut.replace("\r\n", "\n")
        if cut != text or "\r" in joined:
            self._found.add(Leniency.SDP_LINE_ENDING)
        lines = joined.replace("\r", "\n").split("\n")
        if not lines[-1]:
            lines.pop()
        lines = self._unfolded(lines)
        stripped = [line.strip(" \t") for line in lines]
        kept = [line for line in stripped if line]
        if len(kept) < len(lines):
            self._found.add(Leniency.SDP_BLANK_LINE)
        # "s= " is correct: a session name is never empty (RFC 8866 section 5.3).
        if any(
            one != other and other and other[0] not in _FREE_TEXT
            for one, other in zip(lines, stripped, strict=True)
        ):
            self._found.add(Leniency.SDP_BLANKS)
        return kept

    def _unfolded(self, lines: list[str]) -> list[str]:
        """Join lines that begin with a blank, as SIP's may, to those before; leave out what is no line otherwise."""
        kept: list[str] = []
        for line in lines:
            stripped = line.strip(" \t")
            if not stripped or _LINE.match(stripped):
                kept.append(line)
                continue
            self._found.add(Leniency.SDP_LINE)
            if kept and line[0] in " \t":
                kept[-1] = f"{kept[-1]} {stripped}"
        return kept

    def _line(self, line: str) -> str | None:
        letter, value = line[:1], line[2:].strip(" \t")
        if match := _SPACED.match(line):
            letter, value = match[1], line[match.end() :]
            self._found.add(Leniency.SDP_BLANKS)
        elif line[1:2] != "=":
            return line
        if letter in _TYPES:
            letter = letter.lower()
            self._found.add(Leniency.SDP_CASE)
            line = f"{letter}={value}"
        match letter:
            case "o":
                return f"o={self._note(value, _origin(value), Leniency.SDP_ORIGIN)}"
            case "c":
                connection = _connection(value)
                return None if self._dead else f"c={self._note(value, connection, Leniency.SDP_CONNECTION)}"
            case "m":
                media, self._dead, found = repaired_media(value)
                self._found |= found
                return f"m={media}"
            case "a":
                return self._attribute(value)
        return line if letter in _FREE_TEXT and line[1] == "=" else f"{letter}={value}"

    def _note(self, value: str, better: str, leniency: Leniency) -> str:
        if better != value:
            collapsed = " ".join(value.split())
            self._found.add(Leniency.SDP_BLANKS if better == collapsed else leniency)
        return better

    def _attribute(self, value: str) -> str | None:
        name, colon, rest = value.partition(":")
        name, rest = name.strip(), rest.strip()
        if not _NAME.match(name):
            self._found.add(Leniency.SDP_ATTRIBUTE)
            return None
        if name.lower() in _KNOWN and not name.islower():
            name = name.lower()
            self._found.add(Leniency.SDP_CASE)
        if name in _DIRECTIONS:
            rest = ""
        elif name in _FIELDS:
            rest = " ".join(rest.split())
            rest = self._numbered(rest) if name == "rtpmap" else rest
            if name == "rtpmap" and (encoding := _encoding(rest)) != rest:
                rest = encoding
                self._found.add(Leniency.SDP_RTPMAP)
                return f"a={name}:{rest}"
            if name == "crypto" and (keys := key_form(rest)) != rest:
                self._found.add(Leniency.SDP_CRYPTO)
                return f"a={name}:{keys}"
        elif name == "fmtp":
            rest = self._numbered(" ".join(rest.split(maxsplit=1)))
        better = f"{name}:{rest}" if colon and rest else name
        if better.casefold() != value.casefold():
            self._found.add(Leniency.SDP_BLANKS)
        return f"a={better}"

    def _numbered(self, value: str) -> str:
        """Return what follows a payload type, and it without leading zeros."""
        return self._note(
            value, _ZEROS.sub("", value, count=1) if value[:1] == "0" else value, Leniency.SDP_RTPMAP
        )


def _has_origin(lines: list[str]) -> bool:
    """Return whether an origin stands where it must: above all media."""
    return any(line.startswith("o=") for line in itertools.takewhile(lambda each: each[:2] != "m=", lines))


def _encoding(value: str) -> str:
    """Return the value of ``a=rtpmap`` as the payload formats define it."""
    joined = "/".join(part.strip() for part in value.split("/"))
    if _NO_CLOCK.match(joined):
        return f"{joined}/8000"  # RFC 4733 section 2.3: the audio's, and telephony's
    match = _RTPMAP.match(joined)
    if not match:
        return joined
    match match[2].lower(), match[3]:
        case "opus", "48000":
            return f"{match[1]} {match[2]}/48000/2"  # RFC 7587 section 7
        case "g722", "16000":
            return f"{match[1]} {match[2]}/8000"  # RFC 3551 section 4.5.2
    return joined


def _origin(value: str) -> str:
    """Return ``user id version IN family host``; the line only identifies the session."""
    fields = value.split()
    places = [place for place, field in enumerate(fields) if field.upper() == "IN"]
    if not places or places[-1] < _ORIGIN_NUMBERS:
        return _UNKNOWN_ORIGIN
    *user, session_id, version = fields[: places[-1]]
    family, host = [*fields[places[-1] + 1 :], "", ""][:2]
    if family.upper() not in ("IP4", "IP6"):
        family, host = "IP4", family or host
    numbers = [each if _NUMBER.match(each) else "0" for each in (session_id, version)]
    origin = " ".join(["_".join(user) or "-", *numbers, "IN", family.upper(), host or "0.0.0.0"])
    return origin if _ORIGIN.match(origin) else _UNKNOWN_ORIGIN


def _connection(value: str) -> str:
    """Return ``IN family address``, the family being the address's own."""
    match value.split():
        case [net, family, *rest] if net.upper() == "IN" and family.upper() in _FAMILIES and rest:
            address, slash, _ = rest[0].partition("/")
            # A zone means something on the sender's machine only (RFC 4007 section 6).
            bare = address.strip("[]").partition("%")[0]
            try:
                found = ipaddress.ip_address(bare)
            except ValueError:
                return " ".join(["IN", _FAMILIES[family.upper()], rest[0].rstrip("."), *rest[1:]])
            if slash and found.is_multicast:
                return " ".join(value.split())
            # RFC 4291 section 2.5.5.2: an IPv4 address in IPv6's notation.
            meant = (
                found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped else found
            )
            return f"IN IP{meant.version} {meant}"
        case [*words, host] if all(each.upper() in _CONNECTION_WORDS for each in words):
            with suppress(ValueError):
                return f"IN IP{ipaddress.ip_address(host).version} {host}"
    return " ".join(value.split())
