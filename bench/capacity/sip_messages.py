"""SIP messages of a caller, written and read: as little of RFC 3261 as a phone's call needs."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final, Self

from bench.capacity.codecs import WireCodec

__all__ = ["Message", "RemoteAudio", "SipUri", "offer", "remote_audio", "render"]

# RFC 3261 section 7.3.3.
_COMPACT: Final = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "c": "content-type",
}
_URI: Final = re.compile(
    r"(?:sip:)?(?:(?P<user>[^@;>]+)@)?(?P<host>[\w.\-]+|\[[0-9a-fA-F:]+\])(?::(?P<port>\d+))?"
)
_EVENT_TYPE: Final = 101  # telephone-event, RFC 4733


@dataclass(frozen=True, slots=True)
class SipUri:
    """``sip:user@host:port``; without a port 5060."""

    user: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse; raise ValueError if it is not such a URI."""
        match = _URI.match(text)
        if match is None:
            raise ValueError(f"{text!r} is not a SIP URI like sip:room@192.0.2.1:5060")
        return cls(match["user"] or "", match["host"], int(match["port"] or 5060))

    def __str__(self) -> str:
        return f"sip:{self.user}@{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a response; header names are in lower case."""

    start: str
    headers: dict[str, list[str]]
    body: str = ""

    @classmethod
    def parse(cls, datagram: bytes) -> Self:
        """Parse a datagram that a SIP server sent."""
        head, _, body = datagram.decode(errors="replace").partition("\r\n\r\n")
        start, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
        headers: dict[str, list[str]] = defaultdict(list)
        for line in lines:
            name, _, value = line.partition(":")
            key = name.strip().lower()
            headers[_COMPACT.get(key, key)].append(value.strip())
        return cls(start, dict(headers), body)

    @property
    def status(self) -> int:
        """The status of a response; 0 for a request."""
        return int(self.start.split(" ", 2)[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        """The method of a request, or the one that a response answers."""
        return self.first("cseq").rpartition(" ")[2] if self.status else self.start.partition(" ")[0]

    @property
    def number(self) -> int:
        """The number of CSeq."""
        return int(self.first("cseq").partition(" ")[0] or 0)

    def first(self, name: str) -> str:
        return self.headers.get(name, [""])[0]

    @property
    def to_tag(self) -> str:
        match = re.search(r";\s*tag=([^;,\s]+)", self.first("to"))
        return match[1] if match else ""

    @property
    def contact(self) -> str:
        """The URI of Contact: where requests of the dialog go to."""
        match = re.search(r"<([^>]+)>", self.first("contact"))
        return match[1] if match else self.first("contact").partition(";")[0]

    @property
    def routes(self) -> list[str]:
        """The route set of a caller: Record-Route, reversed (RFC 3261 section 12.1.2)."""
        routes = [each.strip() for line in self.headers.get("record-route", []) for each in line.split(",")]
        return routes[::-1]


@dataclass(slots=True)
class RemoteAudio:
    """Where an answer asks to be sent to, and by which payload types."""

    host: str
    port: int
    payload_types: list[int] = field(default_factory=list)


def remote_audio(sdp: str) -> RemoteAudio:
    """Return the audio of an answer; raise ValueError if it has none."""
    media = re.search(r"^m=audio (\d+) RTP/AVP ([\d ]+)", sdp, re.MULTILINE)
    host = re.search(r"^c=IN IP4 ([\d.]+)", sdp, re.MULTILINE)
    if media is None or host is None or media[1] == "0":
        raise ValueError("the answer has no audio over RTP/AVP")
    return RemoteAudio(host[1], int(media[1]), [int(each) for each in media[2].split()])


def offer(codec: WireCodec, host: str, port: int, *, levels: bool) -> str:
    """Return an offer of one codec, and of telephone-event as by any phone; RTCP shares the port of RTP."""
    lines = [
        "v=0",
        f"o=- {port} 1 IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {codec.payload_type} {_EVENT_TYPE}",
        f"a=rtpmap:{codec.payload_type} {codec.rtpmap}",
        *([f"a=fmtp:{codec.payload_type} {codec.fmtp}"] if codec.fmtp else []),
        f"a=rtpmap:{_EVENT_TYPE} telephone-event/{codec.clock_rate_hz}",
        f"a=fmtp:{_EVENT_TYPE} 0-16",
        *(["a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level"] if levels else []),
        "a=ptime:20",
        "a=rtcp-mux",
        "a=sendrecv",
    ]
    return "".join(f"{line}\r\n" for line in lines)


def render(start: str, headers: list[tuple[str, str]], body: str = "") -> bytes:
    """Return a message as a datagram."""
    kind = [("Content-Type", "application/sdp")] if body else []
    lines = [f"{name}: {value}" for name, value in [*headers, *kind, ("Content-Length", str(len(body)))]]
    return "\r\n".join([start, *lines, "", body]).encode()
