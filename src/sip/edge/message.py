"""SIP messages: a start line, headers in order, a body; and how a TCP stream is split into messages.

Parsing is strict and bounded. A message that cannot be answered is Unparseable and is dropped; a request
that can be answered but not served carries its fault.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from mixminus.sip.grammar import TOKEN, split_list
from mixminus.sip.leniency import Leniency
from mixminus.sip.remembering import remembering

__all__ = [
    "MAX_MESSAGE_BYTES",
    "Fault",
    "Headers",
    "Request",
    "Response",
    "StreamFramer",
    "Unparseable",
    "parse",
]

MAX_MESSAGE_BYTES: Final = 16_384
MAX_HEADERS: Final = 128
_END_OF_HEADERS: Final = b"\r\n\r\n"

_REQUEST_LINE = re.compile(rf"({TOKEN}) ([^\x00-\x20<>\x7f]+) ((?i:SIP)/[0-9]{{1,3}}\.[0-9]{{1,3}})\Z")
_METHOD = re.compile(rf"{TOKEN}\Z")
_STATUS_LINE = re.compile(r"(?i:SIP)/2\.0 ([1-6][0-9]{2})(?: ([^\r\n]*))?\Z")
_BLANKS = re.compile(r"[ \t]+")
_HEADER = re.compile(rf"({TOKEN})[ \t]*:[ \t]*(.*)\Z", re.DOTALL)
# A header line that goes on in the next one (RFC 3261 section 7.3.1).
_FOLD = re.compile(r"\r\n[ \t]+")
_NUMBER = re.compile(r"[0-9]{1,9}\Z")
_CONTENT_LENGTH = re.compile(rb"\r\n(?:content-length|l)[ \t]*:[ \t]*([0-9]{1,6})[ \t]*\r\n", re.IGNORECASE)

_COMPACT: Final = {
    "a": "accept-contact", "b": "referred-by", "c": "content-type", "e": "content-encoding", "f": "from",
    "i": "call-id", "k": "supported", "l": "content-length", "m": "contact", "o": "event", "r": "refer-to",
    "s": "subject", "t": "to", "u": "allow-events", "v": "via", "x": "session-expires", "y": "identity",
}  # fmt: skip
# Names are written as the RFCs write them: some phones, against RFC 3261 section 7.3.1, compare them with case.
_SPELLING: Final = {
    name.lower(): name
    for name in (
        "Call-ID", "CSeq", "MIME-Version", "Min-SE", "P-Called-Party-ID", "RAck", "RSeq", "SIP-ETag", "SIP-If-Match",
        "WWW-Authenticate",
    )
}  # fmt: skip
_ONCE: Final = (
    "from", "to", "call-id", "cseq", "max-forwards", "content-type", "content-length", "session-expires", "min-se",
)  # fmt: skip
_LISTS: Final = frozenset({"via", "route", "record-route"})


_TRYING: Final = 100
_MAX_PHRASE: Final = 64


class Unparseable(ValueError):
    """Not SIP, or a message to which no response can be addressed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a request is refused before it is routed."""

    status_code: int
    reason: str


@dataclass(slots=True)
class Headers:
    """Headers in order: names in lower case and long form, Via and Route lists split into one entry a value."""

    entries: list[tuple[str, str]] = field(default_factory=list)

    def first(self, name: str) -> str:
        """Return the first value, or an empty string."""
        for key, value in self.entries:
            if key == name:
                return value
        return ""

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.entries if key == name]

    def names(self) -> list[str]:
        """Return the name of each entry."""
        return [key for key, _ in self.entries]

    def count(self, name: str) -> int:
        return self.names().count(name)

    def push(self, name: str, value: str) -> None:
        """Put a value before all others of its name."""
        self.entries.insert(0, (name, value))

    def add(self, name: str, value: str) -> None:
        self.entries.append((name, value))

    def pop(self, name: str) -> str:
        """Remove and return the first value, or an empty string."""
        for index, (key, value) in enumerate(self.entries):
            if key == name:
                del self.entries[index]
                return value
        return ""

    def remove(self, names: Iterable[str]) -> None:
        gone = frozenset(names)
        self.entries = [entry for entry in self.entries if entry[0] not in gone]

    def keep(self, names: frozenset[str]) -> None:
        self.entries = [entry for entry in self.entries if entry[0] in names]

    def set(self, name: str, value: str) -> None:
        """Replace every value of the name, in the place of the first."""
        index = next((index for index, (key, _) in enumerate(self.entries) if key == name), len(self.entries))
        self.remove((name,))
        self.entries.insert(index, (name, value))


@dataclass(slots=True)
class Request:
    method: str
    uri: str
    headers: Headers
    body: bytes = b""
    fault: Fault | None = None
    found: frozenset[Leniency] = frozenset()
    """What the parser has repaired."""

    def render(self) -> bytes:
        return _render(f"{self.method} {self.uri} SIP/2.0", self.headers, self.body)


@dataclass(slots=True)
class Response:
    status_code: int
    reason: str
    headers: Headers
    body: bytes = b""
    found: frozenset[Leniency] = frozenset()
    """What the parser has repaired."""

    @property
    def phrase(self) -> str:
        """The reason as it may be stored and shown: at most 64 characters that are printable."""
        return "".join(each for each in self.reason if each.isprintable())[:_MAX_PHRASE]

    @property
    def has_to_tag(self) -> bool:
        """Whether its To must have a tag: all but 100 (RFC 3261 section 8.2.6.2)."""
        return self.status_code > _TRYING

    def render(self) -> bytes:
        return _render(f"SIP/2.0 {self.status_code} {self.reason}", self.headers, self.body)


def _render(start_line: str, headers: Headers, body: bytes) -> bytes:
    lines = [start_line]
    lines += (
        f"{_SPELLING.get(name) or name.title()}: {value}"
        for name, value in headers.entries
        if name != "content-length"
    )
    lines.append(f"Content-Length: {len(body)}\r\n\r\n")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + body


def parse(message: bytes) -> Request | Response:
    """Parse a message; raise Unparseable if it must be dropped."""
    if len(message) > MAX_MESSAGE_BYTES:
        raise Unparseable("too large")
    head, body, found = _split(message.lstrip(b"\r\n"))
    text = _FOLD.sub(" ", head.decode("utf-8", "surrogateescape"))
    start_line, *lines = text.split("\r\n")
    headers, fault, repairs = _headers(lines)
    found |= repairs
    if _remove_repeats(headers):
        found |= {Leniency.HEADER_REPEATED}
    body, body_fault = _body(headers, body)
    if start_line[:4].upper() == "SIP/":  # case-insensitive (RFC 3261 section 7.1)
        version, blanks, rest = start_line.partition(" ")
        match = _STATUS_LINE.match(version + blanks + rest.lstrip(" "))
        if not match or fault or body_fault:
            raise Unparseable("a malformed response")
        if rest[:1] == " " or match[2] is None:
            found |= {Leniency.START_LINE}
        return Response(int(match[1]), match[2] or "", headers, body, found)
    line = _BLANKS.sub(" ", start_line).strip(" ")
    if line != start_line:
        start_line, found = line, found | {Leniency.START_LINE}
    request = _request(start_line, headers, body, fault or body_fault)
    request.found = found
    return request


def _split(message: bytes) -> tuple[bytes, bytes, frozenset[Leniency]]:
    """Return the headers and the body; lines may end with LF alone where no line ends otherwise."""
    head, end, body = message.partition(_END_OF_HEADERS)
    found: frozenset[Leniency] = frozenset()
    if not end:
        head, end, body = message.partition(b"\n\n")
        if b"\r" in head:
            raise Unparseable("lines with different ends")
        head, found = head.replace(b"\n", b"\r\n"), frozenset({Leniency.LINE_ENDING})
    if not end or b"\0" in head:
        raise Unparseable("no end of headers, or a NUL in them")
    return head, body, found


def _remove_repeats(headers: Headers) -> bool:
    """Remove headers that must stand once and repeat the same value; different values stay, as an error."""
    before = headers.names()
    for name in _ONCE:
        if before.count(name) > 1 and len(set(headers.values(name))) == 1:
            headers.set(name, headers.first(name))
    return len(headers.entries) < len(before)


def _request(start_line: str, headers: Headers, body: bytes, fault: Fault | None) -> Request:
    match = _REQUEST_LINE.match(start_line)
    if not match:
        method, *rest = start_line.split() or [""]
        if not _METHOD.match(method) or not rest or rest[-1][:4].upper() != "SIP/":
            raise Unparseable("no start line")
        return Request(method, "", headers, body, Fault(400, "Bad Request-Line"))
    if match[3].upper() != "SIP/2.0":
        fault = Fault(505, "Version Not Supported")
    return Request(match[1], match[2], headers, body, fault)


def _headers(lines: list[str]) -> tuple[Headers, Fault | None, frozenset[Leniency]]:
    if len(lines) > MAX_HEADERS:
        raise Unparseable("too many headers")
    headers = Headers()
    fault = None
    found: set[Leniency] = set()
    for line in lines:
        if "\r" in line or "\n" in line:
            fault = Fault(400, "Bad Header")
            continue
        if not (header := _header(line)):
            found.add(Leniency.HEADER_UNREADABLE)
            continue
        name, value = header
        parts = split_list(value) if name in _LISTS else [value]
        for part in parts:
            if part or name not in _LISTS:
                headers.add(name, part)
            else:
                found.add(Leniency.LIST_EMPTY)
        if len(headers.entries) > MAX_HEADERS:
            raise Unparseable("too many values of headers")
    return headers, fault, frozenset(found)


@remembering
def _header(line: str) -> tuple[str, str] | None:
    """Return the name and the value of a line; None if it is not a header."""
    match = _HEADER.match(line)
    if not match:
        return None
    key = match[1].lower()
    return _COMPACT.get(key, key), match[2].strip()


def _body(headers: Headers, body: bytes) -> tuple[bytes, Fault | None]:
    """Cut the body to its Content-Length and discard the rest of the datagram (RFC 3261 section 18.3)."""
    lengths = headers.values("content-length")
    if not lengths:
        return body, None
    if len(lengths) > 1 or not _NUMBER.match(lengths[0]) or int(lengths[0]) > len(body):
        return b"", Fault(400, "Bad Content-Length")
    return body[: int(lengths[0])], None


class StreamFramer:
    """Splits a TCP stream by Content-Length (RFC 3261 section 18.3); buffers at most MAX_MESSAGE_BYTES."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, received: bytes) -> list[bytes]:
        """Return the complete messages; raise Unparseable when the stream cannot be split any more."""
        self._buffer += received
        messages = []
        while (message := self._next()) is not None:
            messages.append(message)
        if len(self._buffer) > MAX_MESSAGE_BYTES:
            raise Unparseable("a message is too large")
        return messages

    @property
    def partial(self) -> bool:
        """Whether part of a message is buffered."""
        return bool(self._buffer)

    def _next(self) -> bytes | None:
        while self._buffer[:2] == b"\r\n":
            del self._buffer[:2]
        end = self._buffer.find(b"\r\n\r\n", 0, MAX_MESSAGE_BYTES)
        if end < 0:
            return None
        length = _CONTENT_LENGTH.search(self._buffer, 0, end + 4)
        if not length:
            raise Unparseable("no Content-Length on a stream")
        total = end + 4 + int(length[1])
        if total > MAX_MESSAGE_BYTES:
            raise Unparseable("a message is too large")
        if len(self._buffer) < total:
            return None
        message = bytes(self._buffer[:total])
        del self._buffer[:total]
        return message
