"""Session descriptions (RFC 8866), parsed strictly and within bounds.

Only what an audio leg needs is kept: unknown attributes as name and value, unknown lines not at all. Every
value that is used later is validated here.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from mixminus.errors import InvalidArgument
from mixminus.hosts import IPV6
from mixminus.sip.remembering import remembering

__all__ = [
    "Attribute",
    "MalformedSdp",
    "MediaDescription",
    "Origin",
    "SessionDescription",
    "parse",
    "render",
]

MAX_BYTES: Final = 16_384
MAX_LINES: Final = 512
MAX_MEDIA: Final = 16
MAX_FORMATS: Final = 64
_PORT_LIMIT: Final = 65_536

_TOKEN = re.compile(r"[!-~]+\Z")
_HOST_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?\Z")
_NUMBER = re.compile(r"[0-9]{1,20}\Z")
_MEDIA_PORT = re.compile(r"([0-9]{1,5})(?:/[1-9][0-9]{0,4})?\Z")


class MalformedSdp(InvalidArgument):
    """The text is not a session description (SIP 400)."""

    reason = "SDP_MALFORMED"


@dataclass(frozen=True, slots=True)
class Attribute:
    """``a=name`` or ``a=name:value``."""

    name: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """``o=``: the session's identifier and version (RFC 8866 section 5.2)."""

    user: str
    session_id: str
    version: int
    host: str


@dataclass(frozen=True, slots=True)
class MediaDescription:
    """One ``m=`` section; ``host`` is empty if the session's connection line applies."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    host: str = ""
    attributes: tuple[Attribute, ...] = ()

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values of all attributes of a name, in order."""
        return tuple(attribute.value for attribute in self.attributes if attribute.name == name)

    def has(self, name: str) -> bool:
        return any(attribute.name == name for attribute in self.attributes)


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """A whole description."""

    origin: Origin
    host: str = ""
    attributes: tuple[Attribute, ...] = ()
    media: tuple[MediaDescription, ...] = ()

    def host_of(self, media: MediaDescription) -> str:
        return media.host or self.host


@dataclass(slots=True)
class _Section:
    """The section being parsed: the session's lines, or one medium's."""

    media: MediaDescription | None
    host: str
    attributes: list[Attribute]


def parse(text: str) -> SessionDescription:
    """Parse a description; raise MalformedSdp if it is not one."""
    lines = _lines(text)
    if lines[0] != ("v", "0"):
        raise MalformedSdp("the description does not begin with v=0")
    origin: Origin | None = None
    sections = [_Section(None, "", [])]
    for letter, value in lines[1:]:
        if letter == "o" and origin is None and len(sections) == 1:
            origin = _origin(value)
        elif letter == "c":
            sections[-1].host = sections[-1].host or _connection(value)
        elif letter == "a":
            sections[-1].attributes.append(_attribute(value))
        elif letter == "m":
            if len(sections) > MAX_MEDIA:
                raise MalformedSdp("too many media")
            sections.append(_Section(_media(value), "", []))
        elif letter == "v":
            raise MalformedSdp("more than one version line")
    if origin is None:
        raise MalformedSdp("no origin line")
    return _assemble(origin, sections)


def _assemble(origin: Origin, sections: list[_Section]) -> SessionDescription:
    session, *rest = sections
    media = tuple(
        MediaDescription(
            kind=section.media.kind,
            port=section.media.port,
            protocol=section.media.protocol,
            formats=section.media.formats,
            host=section.host,
            attributes=tuple(section.attributes),
        )
        for section in rest
        if section.media is not None
    )
    if any(medium.port and not (medium.host or session.host) for medium in media):
        raise MalformedSdp("no connection line")
    return SessionDescription(origin, session.host, tuple(session.attributes), media)


def _lines(text: str) -> list[tuple[str, str]]:
    if len(text) > MAX_BYTES:
        raise MalformedSdp("the description is too long")
    raw = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    if len(raw) > MAX_LINES:
        raise MalformedSdp("the description has too many lines")
    lines = []
    for line in raw:
        if len(line) < 2 or line[1] != "=" or not line[0].isascii() or not line[0].isalpha():  # noqa: PLR2004 - "x="
            raise MalformedSdp("a line is not of the form x=value")
        if "\r" in line or "\0" in line:
            raise MalformedSdp("a line holds a forbidden character")
        lines.append((line[0], line[2:]))
    return lines


def _origin(value: str) -> Origin:
    match value.split(" "):
        case [user, session_id, version, "IN", "IP4" | "IP6", host] if (
            _TOKEN.match(user) and _NUMBER.match(session_id) and _NUMBER.match(version)
        ):
            # The origin's host only identifies the session, nothing is sent to it: any token is accepted.
            if _TOKEN.match(host):
                return Origin(user, session_id, int(version), host)
    raise MalformedSdp("the origin line is wrong")


def _connection(value: str) -> str:
    match value.split(" "):
        case ["IN", "IP4", address]:
            # Unicast only: a multicast address has a "/ttl" and is refused.
            # An IPv4 address is written as a name is.
            if _HOST_NAME.match(address):
                return address
        case ["IN", "IP6", address]:
            if _HOST_NAME.match(address) or _is_ipv6(address):
                return address
    raise MalformedSdp("a connection line is wrong")


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == IPV6
    except ValueError:
        return False


@remembering
def _attribute(value: str) -> Attribute:
    name, _, rest = value.partition(":")
    if not _TOKEN.match(name):
        raise MalformedSdp("an attribute has no name")
    return Attribute(name, rest)


def _media(value: str) -> MediaDescription:
    kind, *rest = value.split(" ")
    if len(rest) < 3 or len(rest) > 2 + MAX_FORMATS:  # noqa: PLR2004 - port, protocol, one format
        raise MalformedSdp("a media line is wrong")
    port, protocol, *formats = rest
    number = _MEDIA_PORT.match(port)
    if not number or int(number[1]) >= _PORT_LIMIT or not all(map(_TOKEN.match, (kind, protocol, *formats))):
        raise MalformedSdp("a media line is wrong")
    if protocol.startswith(("RTP/", "UDP/TLS/RTP/")) and not all(map(_is_payload_type, formats)):
        raise MalformedSdp("a payload type is wrong")
    return MediaDescription(kind.lower(), int(number[1]), protocol, tuple(formats))


def _is_payload_type(value: str) -> bool:
    return bool(_NUMBER.match(value)) and int(value) < 128  # noqa: PLR2004 - seven bits (RFC 3550 section 5.1)


def render(description: SessionDescription) -> str:
    """Return the description as text, with CRLF after every line."""
    origin = description.origin
    lines = [
        "v=0",
        f"o={origin.user} {origin.session_id} {origin.version} IN {_family(origin.host)} {origin.host}",
        "s=-",
    ]
    if description.host:
        lines.append(f"c=IN {_family(description.host)} {description.host}")
    lines.append("t=0 0")
    lines += map(_render_attribute, description.attributes)
    for media in description.media:
        lines.append(f"m={media.kind} {media.port} {media.protocol} {' '.join(media.formats)}")
        if media.host:
            lines.append(f"c=IN {_family(media.host)} {media.host}")
        lines += map(_render_attribute, media.attributes)
    return "".join(f"{line}\r\n" for line in lines)


def _render_attribute(attribute: Attribute) -> str:
    return f"a={attribute.name}:{attribute.value}" if attribute.value else f"a={attribute.name}"


def _family(host: str) -> str:
    return "IP6" if ":" in host else "IP4"
