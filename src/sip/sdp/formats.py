"""Payload types of a medium: ``a=rtpmap`` and ``a=fmtp``, parsed and made for our codecs."""

import functools
import re
from dataclasses import dataclass
from typing import Final

from mixminus.model.media import CODECS, Codec
from mixminus.sip.sdp.description import Attribute, MediaDescription

__all__ = ["TELEPHONE_EVENT", "PayloadFormat", "attributes_of", "codec_of", "formats_of", "offered_format"]

TELEPHONE_EVENT: Final = "telephone-event"

# RFC 3551 section 6; a dynamic type needs its rtpmap.
_STATIC: Final = {0: ("PCMU", 8000), 8: ("PCMA", 8000), 9: ("G722", 8000)}
_OFFERED: Final = {Codec.PCMU: 0, Codec.PCMA: 8, Codec.G722: 9, Codec.OPUS: 96}
_OFFERED_TELEPHONE_EVENT: Final = 101
# RFC 7587 section 7: the rtpmap of Opus always has two channels, whatever is sent.
_CHANNELS: Final = {Codec.PCMU: 1, Codec.PCMA: 1, Codec.G722: 1, Codec.OPUS: 2}
# The parameters of our receiver: DTMF and flash (RFC 4733), in-band FEC (RFC 7587).
_EVENT_FMTP: Final = "0-16"
_OPUS_FMTP: Final = "useinbandfec=1"
_DESCRIBING: Final = frozenset({"rtpmap", "fmtp"})
_KEPT: Final = 512
_KEPT_LENGTH: Final = 2048
"""Longer texts are read anew each time: the memory is bounded."""
_NAMED: Final = {(codec.lower(), CODECS[codec][0], _CHANNELS[codec]): codec for codec in _CHANNELS}
_PAYLOAD_TYPE = re.compile(r"[0-9]{1,3}\Z")
_RTPMAP = re.compile(r"([0-9]{1,3}) ([A-Za-z0-9._+-]{1,32})/([0-9]{1,6})(?:/([1-9]))?\s*\Z")


@dataclass(frozen=True, slots=True)
class PayloadFormat:
    """The meaning of one payload type of one side."""

    payload_type: int
    encoding_name: str
    clock_rate_hz: int
    channels: int = 1
    fmtp: str = ""

    def parameter(self, name: str) -> str:
        """Return a value out of ``name=value;…``, or an empty string."""
        for part in self.fmtp.split(";"):
            key, _, value = part.partition("=")
            if key.strip().lower() == name:
                return value.strip()
        return ""

    @property
    def wants_stereo(self) -> bool:
        """Whether its side prefers to receive two channels (RFC 7587 section 6.1)."""
        return self.parameter("stereo") == "1"


def formats_of(media: MediaDescription) -> tuple[PayloadFormat, ...]:
    """Return the known formats, in the order of the m-line; remembered, because all phones of a kind offer the same."""
    described = [f"{each.name} {each.value}" for each in media.attributes if each.name in _DESCRIBING]
    text = "\n".join((" ".join(media.formats), *described))
    return _kept_formats(text) if len(text) <= _KEPT_LENGTH else _formats(text)


def _formats(text: str) -> tuple[PayloadFormat, ...]:
    """Read the formats of an m-line, and the attributes that describe them, each in a line of its own."""
    payload_types, *described = text.split("\n")
    maps: dict[int, tuple[str, int, int]] = {}
    parameters: dict[str, str] = {}
    for line in described:
        name, _, value = line.partition(" ")
        if name == "fmtp":
            number, _, parameters_of_it = value.partition(" ")
            parameters[number] = parameters_of_it
        elif mapped := _rtpmap(value):
            maps[mapped[0]] = mapped[1]
    found = []
    for payload_type in dict.fromkeys(
        int(each) for each in payload_types.split(" ") if _PAYLOAD_TYPE.match(each)
    ):
        fmtp = parameters.get(str(payload_type), "")
        if payload_type in maps:
            name, clock_rate_hz, channels = maps[payload_type]
            found.append(PayloadFormat(payload_type, name, clock_rate_hz, channels, fmtp))
        elif payload_type in _STATIC:
            name, clock_rate_hz = _STATIC[payload_type]
            found.append(PayloadFormat(payload_type, name, clock_rate_hz, 1, fmtp))
    return tuple(found)


_kept_formats: Final = functools.lru_cache(maxsize=_KEPT)(_formats)


def _rtpmap(value: str) -> tuple[int, tuple[str, int, int]] | None:
    match = _RTPMAP.match(value)
    if not match:
        return None
    return int(match[1]), (match[2], int(match[3]), int(match[4] or 1))


def codec_of(payload: PayloadFormat) -> Codec | None:
    """Return the engine's codec for a format, None if it has none."""
    return _NAMED.get((payload.encoding_name.lower(), payload.clock_rate_hz, payload.channels))


def offered_format(name: Codec | str) -> PayloadFormat:
    """Return the format in which we offer a codec or telephone-event."""
    if isinstance(name, Codec):
        return PayloadFormat(_OFFERED[name], name.value, CODECS[name][0], _CHANNELS[name])
    return PayloadFormat(_OFFERED_TELEPHONE_EVENT, TELEPHONE_EVENT, 8000)


def attributes_of(payload: PayloadFormat) -> list[Attribute]:
    """Return a format's rtpmap and our fmtp."""
    channels = f"/{payload.channels}" if payload.channels > 1 else ""
    number = payload.payload_type
    lines = [Attribute("rtpmap", f"{number} {payload.encoding_name}/{payload.clock_rate_hz}{channels}")]
    ours = _ours(payload)
    return [*lines, Attribute("fmtp", f"{number} {ours}")] if ours else lines


def _ours(payload: PayloadFormat) -> str:
    """Return our parameters; in an answer ``payload`` is the offer's, and determines what we send."""
    if payload.encoding_name.lower() == TELEPHONE_EVENT:
        return _EVENT_FMTP
    if codec_of(payload) is not Codec.OPUS:
        return ""
    # We prefer to receive one channel, as a room's mix has one, and so never say stereo=1.
    return f"{_OPUS_FMTP};sprop-stereo=1" if payload.wants_stereo else _OPUS_FMTP
