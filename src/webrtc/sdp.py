"""Offer: what is used of a browser's SDP offer (RFC 3264, RFC 8829).

aiortc parses SDP; this module decides what is accepted: one audio section over one bundled,
multiplexed DTLS-SRTP transport. All other sections are rejected with port 0 (answer.py).
"""

import re
from dataclasses import dataclass
from typing import Final

from aioice import Candidate
from aiortc import RTCIceParameters
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.sdp import MediaDescription, SessionDescription

from mixminus.errors import InvalidArgument
from mixminus.model.media import CODECS, Codec, CodecFormat, MediaDirection, PortMedia, SrtpKeys
from mixminus.webrtc.handover import DtlsSetup, parse_session
from mixminus.webrtc.ice import MAX_CANDIDATES, IceCredentials, usable

__all__ = ["LEVEL_URI", "Offer", "Section", "parse_offer"]

LEVEL_URI: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"  # RFC 6464
_MAX_OFFER_CHARS: Final = 65_536
_MAX_SECTIONS: Final = 16
_EVENTS: Final = "telephone-event"
_EVENT_CLOCK_RATES_HZ: Final = range(8_000, 48_001)
_STATIC: Final = {0: Codec.PCMU, 8: Codec.PCMA, 9: Codec.G722}  # RFC 3551 table 4
_REVERSED: Final = {
    "sendrecv": MediaDirection.SENDRECV,
    "sendonly": MediaDirection.RECVONLY,
    "recvonly": MediaDirection.SENDONLY,
    "inactive": MediaDirection.INACTIVE,
    None: MediaDirection.SENDRECV,
}
_DIGESTS: Final = ("sha-256", "sha-384", "sha-512")
_OPUS_BITRATES_BPS: Final = range(6_000, 510_001)  # RFC 7587 section 7.1
_PAYLOAD_TYPES: Final = range(128)  # RFC 3550 section 5.1
_EXTENSION_IDS: Final = range(1, 256)  # RFC 8285 section 5
_BITRATE: Final = re.compile(r"[0-9]{1,9}")
_FEC_LOSS_PERCENT: Final = 5
"""Expected loss that Opus' in-band FEC is encoded for; with none expected it sends no FEC."""


@dataclass(frozen=True, slots=True)
class Section:
    """An m= section, as far as the answer repeats it."""

    kind: str
    profile: str
    formats: tuple[int | str, ...]
    mid: str


@dataclass(frozen=True, slots=True)
class Offer:
    """The accepted part of an offer."""

    sections: tuple[Section, ...]
    audio: Section
    bundled: bool
    codecs: tuple[CodecFormat, ...]
    direction: MediaDirection
    """Ours, not the offerer's."""
    dtmf: tuple[int, int] | None
    """Payload type and clock rate of telephone-event (RFC 4733)."""
    level_extension_id: int | None
    ice: IceCredentials
    ice_lite: bool
    candidates: tuple[Candidate, ...]
    dtls: DtlsSetup

    def port_media(self, *, srtp: SrtpKeys, ssrc: int, remote: tuple[str, int]) -> PortMedia:
        """Return the engine's configuration; the SRTP keys come from DTLS."""
        payload_type, clock_rate_hz = self.dtmf or (None, CODECS[Codec.PCMU][0])
        return PortMedia(
            receive=self.codecs,
            send=self.codecs[0],
            direction=self.direction,
            remote=remote,
            rtcp_mux=True,
            dtmf_payload_type=payload_type,
            dtmf_clock_rate_hz=clock_rate_hz,
            level_extension_id=self.level_extension_id,
            srtp=srtp,
            ssrc=ssrc,
        )


def parse_offer(text: str) -> Offer:
    """Parse an SDP offer; InvalidArgument says why it cannot be served."""
    if len(text) > _MAX_OFFER_CHARS:
        raise InvalidArgument("the SDP offer is too long")
    session = parse_session(text)
    if not 0 < len(session.media) <= _MAX_SECTIONS:
        raise InvalidArgument(f"the SDP offer must have 1 to {_MAX_SECTIONS} media sections")
    media = _audio(session)
    codecs = _codecs(media)
    ice = media.ice or RTCIceParameters()
    mids = next((group.items for group in session.group if group.semantic == "BUNDLE"), [])
    sections = tuple(_section(other) for other in session.media)
    return Offer(
        sections=sections,
        audio=sections[session.media.index(media)],
        bundled=media.rtp.muxId in mids,
        codecs=codecs,
        direction=_REVERSED[media.direction],
        dtmf=_dtmf(media, codecs[0].clock_rate_hz),
        level_extension_id=_level_extension_id(media),
        ice=IceCredentials(ice.usernameFragment or "", ice.password or ""),
        ice_lite=ice.iceLite,
        candidates=_candidates(media),
        dtls=_dtls(media),
    )


def _audio(session: SessionDescription) -> MediaDescription:
    media = next((media for media in session.media if media.kind == "audio"), None)
    if media is None:
        raise InvalidArgument("the SDP offer has no audio section")
    if media.profile not in ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP"):
        raise InvalidArgument("audio must be offered over UDP/TLS/RTP/SAVPF")
    if not media.rtcp_mux:
        raise InvalidArgument("a=rtcp-mux is required")
    return media


def _section(media: MediaDescription) -> Section:
    return Section(media.kind, media.profile, tuple(media.fmt), media.rtp.muxId)


def _codecs(media: MediaDescription) -> tuple[CodecFormat, ...]:
    """Return the common codecs, each once, in the order of the offer."""
    by_payload_type = {
        each.payloadType: each for each in media.rtp.codecs if each.payloadType in _PAYLOAD_TYPES
    }
    found: dict[Codec, CodecFormat] = {}
    for payload_type in media.fmt:
        parameters = by_payload_type.get(payload_type)
        codec = _codec(parameters) if parameters else _STATIC.get(payload_type)
        if codec is not None and codec not in found:
            found[codec] = _codec_format(codec, payload_type, parameters)
    if not found:
        raise InvalidArgument("no codec in common: offer opus, G722, PCMU or PCMA")
    return tuple(found.values())


def _codec(parameters: RTCRtpCodecParameters) -> Codec | None:
    for codec, (clock_rate_hz, _) in CODECS.items():
        if codec.lower() == parameters.name.lower() and clock_rate_hz == parameters.clockRate:
            return codec
    return None


def _codec_format(codec: Codec, payload_type: int, parameters: RTCRtpCodecParameters | None) -> CodecFormat:
    """Return a codec as the browser prefers to receive it: Opus is stereo if it says so (RFC 7587 6.1)."""
    clock_rate_hz, sample_rate_hz = CODECS[codec]
    fmtp = {str(name).strip(): value for name, value in (parameters.parameters if parameters else {}).items()}
    opus = codec is Codec.OPUS
    fec = opus and str(fmtp.get("useinbandfec")) == "1"
    bitrate = str(fmtp.get("maxaveragebitrate", ""))
    bitrate_bps = int(bitrate) if _BITRATE.fullmatch(bitrate) else 0
    return CodecFormat(
        codec=codec,
        payload_type=payload_type,
        clock_rate_hz=clock_rate_hz,
        sample_rate_hz=sample_rate_hz,
        channels=2 if opus and str(fmtp.get("stereo")) == "1" else 1,
        bitrate_bps=bitrate_bps if bitrate_bps in _OPUS_BITRATES_BPS else 0,
        fec=fec,
        loss_percent=_FEC_LOSS_PERCENT if fec else 0,
    )


def _dtmf(media: MediaDescription, clock_rate_hz: int) -> tuple[int, int] | None:
    """Return the telephone-event with the codec's clock rate (RFC 4733 section 2.5.1.1), else the first, or none."""
    events = [
        (codec.payloadType, codec.clockRate)
        for codec in media.rtp.codecs
        if codec.name.lower() == _EVENTS
        and codec.payloadType
        and codec.payloadType in _PAYLOAD_TYPES
        and codec.clockRate in _EVENT_CLOCK_RATES_HZ
    ]
    return next((event for event in events if event[1] == clock_rate_hz), events[0] if events else None)


def _level_extension_id(media: MediaDescription) -> int | None:
    found = (each.id for each in media.rtp.headerExtensions if each.uri == LEVEL_URI)
    return next((each for each in found if each in _EXTENSION_IDS), None)


def _candidates(media: MediaDescription) -> tuple[Candidate, ...]:
    offered = (
        Candidate(
            foundation=candidate.foundation,
            component=candidate.component,
            transport=candidate.protocol,
            priority=candidate.priority,
            host=candidate.ip,
            port=candidate.port,
            type=candidate.type,
        )
        for candidate in media.ice_candidates
    )
    return tuple(candidate for candidate in offered if usable(candidate))[:MAX_CANDIDATES]


def _dtls(media: MediaDescription) -> DtlsSetup:
    if media.dtls is None:
        raise InvalidArgument("a=setup is required")
    fingerprints = tuple(
        fingerprint for fingerprint in media.dtls.fingerprints if fingerprint.algorithm.lower() in _DIGESTS
    )
    if not fingerprints:
        raise InvalidArgument("a=fingerprint with sha-256, sha-384 or sha-512 is required")
    return DtlsSetup(fingerprints, media.dtls.role)
