"""Bodies: the session description in a message, alone or as a part of a multipart body (RFC 5621, RFC 2046). Pure.

Bounded in depth and in parts; one pass over the body for each level.
"""

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from mixminus.sip.edge.message import Fault
from mixminus.sip.leniency import Leniency

__all__ = ["Content", "content_of"]

_MAX_DEPTH: Final = 4
_MAX_PARTS: Final = 32
_SDP: Final = "application/sdp"
_SESSION: Final = frozenset({"", "session"})
_UNSUPPORTED: Final = Fault(415, "Unsupported Media Type")
_PLAIN_ENCODINGS: Final = frozenset({"", "7bit", "8bit", "binary", "identity"})

_BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"\\]{1,70})"|([^\s";]{1,70}))', re.IGNORECASE)
_HANDLING = re.compile(r';\s*handling\s*=\s*"?([A-Za-z]+)"?', re.IGNORECASE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_FOLDED = re.compile(r"\r?\n[ \t]+")


class _Refused(Exception):
    """The body must not be ignored and is not understood."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault


@dataclass(slots=True)
class Content:
    """What a body means."""

    description: bytes = b""
    """The session description; empty if there is none."""
    fault: Fault | None = None
    found: set[Leniency] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Part:
    """A body, or a part of one."""

    content_type: str
    disposition: str
    encoding: str
    body: bytes

    @property
    def kind(self) -> str:
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def purpose(self) -> str:
        return self.disposition.partition(";")[0].strip().lower()

    @property
    def handling(self) -> str:
        match = _HANDLING.search(self.disposition)
        return match[1].lower() if match else ""


def content_of(content_type: str, disposition: str, encoding: str, body: bytes) -> Content:
    """Return the session description of a body, by the message's headers, or why the body must be refused.

    A part of unknown type is ignored unless it says ``handling=required`` (RFC 5621 section 7); a whole body of
    unknown type unless it says ``handling=optional`` (RFC 3261 section 20.11).
    """
    content = Content()
    if not body:
        return content
    if not content_type and body.lstrip().startswith(b"v=0"):
        content_type = _SDP
        content.found.add(Leniency.CONTENT_TYPE_MISSING)
    whole = _Part(content_type, disposition, encoding, body)
    try:
        if whole.kind == _SDP or whole.kind.startswith("multipart/"):
            content.description = _description(whole, content.found, 0)
        elif whole.handling == "optional":
            content.found.add(Leniency.BODY_IGNORED)
        else:
            content.fault = _UNSUPPORTED
    except _Refused as refused:
        if whole.handling == "optional":
            content.found.add(Leniency.BODY_IGNORED)
        else:
            content.fault = refused.fault
    return content


def _description(part: _Part, found: set[Leniency], depth: int) -> bytes:
    """Return a part's session description, empty if it has none."""
    if part.kind == _SDP:
        return _decoded(part, found) if part.purpose in _SESSION else b""
    if not part.kind.startswith("multipart/"):
        if part.handling == "required":
            raise _Refused(_UNSUPPORTED)
        return b""
    if depth == _MAX_DEPTH:
        raise _Refused(Fault(400, "Multipart Body Nested Too Deeply"))
    found.add(Leniency.MULTIPART)
    parts = [each for inner in _parts(part, found) if (each := _description(inner, found, depth + 1))]
    if len(parts) > 1 and part.kind != "multipart/alternative":
        raise _Refused(Fault(400, "More Than One Session Description"))
    # RFC 2046 section 5.1.4: the last alternative that is understood is the best one.
    return parts[-1] if parts else b""


def _decoded(part: _Part, found: set[Leniency]) -> bytes:
    encoding = part.encoding.strip().lower()
    if encoding in _PLAIN_ENCODINGS:
        return part.body
    found.add(Leniency.TRANSFER_ENCODING)
    if encoding == "quoted-printable":
        return quopri.decodestring(part.body)
    if encoding == "base64":
        try:
            return base64.b64decode(part.body)
        except binascii.Error:
            raise _Refused(Fault(400, "Bad Base64")) from None
    raise _Refused(_UNSUPPORTED)


def _parts(whole: _Part, found: set[Leniency]) -> Iterator[_Part]:
    match = _BOUNDARY.search(whole.content_type)
    if not match:
        raise _Refused(Fault(400, "Multipart Body Without Boundary"))
    boundary = re.escape((match[1] or match[2]).encode("utf-8", "surrogateescape"))
    delimiter = re.compile(rb"(?:\A|\r?\n)--" + boundary + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    places = list(delimiter.finditer(whole.body))
    if not places or len(places) > _MAX_PARTS:
        raise _Refused(Fault(400, "Multipart Body Without Parts" if not places else "Too Many Parts"))
    for place, following in zip(places, [*places[1:], None], strict=True):
        if place[1]:
            return
        if following is None:
            found.add(Leniency.BOUNDARY_UNCLOSED)
        yield _part(whole.body[place.end() : following.start() if following else None])


def _part(text: bytes) -> _Part:
    """Parse a part; it begins with the end of its delimiter's line."""
    end = _HEAD_END.search(text)
    head, body = (text[: end.start()], text[end.end() :]) if end else (text, b"")
    lines = _FOLDED.sub(" ", head.decode("utf-8", "surrogateescape")).split("\n")
    named = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    return _Part(
        named.get("content-type", named.get("c", "")),
        named.get("content-disposition", ""),
        named.get("content-transfer-encoding", ""),
        body,
    )
