"""The SDP answer to a browser's offer."""

import secrets
from dataclasses import dataclass
from typing import Final

from aioice import Candidate
from aiortc import (
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCIceCandidate,
    RTCIceParameters,
    RTCRtpCodecParameters,
    RTCRtpHeaderExtensionParameters,
    RTCRtpParameters,
)
from aiortc.sdp import GroupDescription, MediaDescription, SessionDescription, SsrcDescription

from mixminus.model.media import Codec, CodecFormat
from mixminus.webrtc.ice import IceCredentials
from mixminus.webrtc.sdp import LEVEL_URI, Offer, Section

__all__ = ["LocalMedia", "render_answer"]

_DISCARD: Final = ("0.0.0.0", 9)  # RFC 8859: RTCP has no address of its own
_STREAM: Final = "mixminus"


@dataclass(frozen=True, slots=True)
class LocalMedia:
    """Our side of the session."""

    ice: IceCredentials
    candidates: tuple[Candidate, ...]
    fingerprint: RTCDtlsFingerprint
    ssrc: int


def render_answer(offer: Offer, local: LocalMedia) -> str:
    """Return an answer that accepts the audio section and rejects all others (RFC 3264 section 6)."""
    session = SessionDescription()
    # RFC 8866 section 5.2: a unique session id, and a version.
    session.origin = f"- {secrets.randbits(62)} 1 IN IP4 0.0.0.0"
    session.msid_semantic.append(GroupDescription(semantic="WMS", items=["*"]))
    if offer.bundled:
        session.group.append(GroupDescription(semantic="BUNDLE", items=[offer.audio.mid]))
    session.media = [
        _accepted(offer, local) if section is offer.audio else _rejected(section)
        for section in offer.sections
    ]
    return str(session)


def _accepted(offer: Offer, local: LocalMedia) -> MediaDescription:
    codecs = [_parameters(codec) for codec in offer.codecs]
    if offer.dtmf is not None:
        codecs.append(_telephone_event(*offer.dtmf))
    media = MediaDescription(
        kind=offer.audio.kind,
        port=local.candidates[0].port,
        profile=offer.audio.profile,
        fmt=[codec.payloadType for codec in codecs],
    )
    media.host = local.candidates[0].host
    media.direction = offer.direction.value
    media.rtp = RTCRtpParameters(codecs=codecs, headerExtensions=_extensions(offer), muxId=offer.audio.mid)
    media.rtcp_host, media.rtcp_port = _DISCARD
    media.rtcp_mux = True
    if offer.direction.sends:
        media.msid = f"{_STREAM} {_STREAM}-{local.ssrc}"
        media.ssrc = [SsrcDescription(ssrc=local.ssrc, cname=_STREAM)]
    media.ice = RTCIceParameters(usernameFragment=local.ice.ufrag, password=local.ice.pwd)
    media.ice_options = "trickle"
    media.ice_candidates = [_candidate(candidate) for candidate in local.candidates]
    media.ice_candidates_complete = True
    media.dtls = RTCDtlsParameters(fingerprints=[local.fingerprint], role=offer.dtls.our_role)
    return media


def _rejected(section: Section) -> MediaDescription:
    media = MediaDescription(kind=section.kind, port=0, profile=section.profile, fmt=list(section.formats))
    media.host = _DISCARD[0]
    media.direction = "inactive"
    media.rtp = RTCRtpParameters(muxId=section.mid)
    media.ice = RTCIceParameters()
    return media


def _parameters(codec: CodecFormat) -> RTCRtpCodecParameters:
    opus = codec.codec is Codec.OPUS
    return RTCRtpCodecParameters(
        mimeType=f"audio/{codec.codec}",
        clockRate=codec.clock_rate_hz,
        channels=2 if opus else 1,  # RFC 7587 section 7: opus is always written as two
        payloadType=codec.payload_type,
        parameters=_opus_parameters(codec) if opus else {},
    )


def _opus_parameters(codec: CodecFormat) -> dict[str, int | str | None]:
    """Return what we prefer to receive (mono, so no ``stereo``) and what we send (RFC 7587 section 6.1)."""
    parameters: dict[str, int | str | None] = {"minptime": 10, "useinbandfec": 1}
    if codec.channels > 1:
        parameters["sprop-stereo"] = 1
    return parameters


def _telephone_event(payload_type: int, clock_rate_hz: int) -> RTCRtpCodecParameters:
    return RTCRtpCodecParameters(
        mimeType="audio/telephone-event",
        clockRate=clock_rate_hz,
        channels=1,
        payloadType=payload_type,
        parameters={"0-15": None},
    )


def _extensions(offer: Offer) -> list[RTCRtpHeaderExtensionParameters]:
    if offer.level_extension_id is None:
        return []
    return [RTCRtpHeaderExtensionParameters(id=offer.level_extension_id, uri=LEVEL_URI)]


def _candidate(candidate: Candidate) -> RTCIceCandidate:
    return RTCIceCandidate(
        component=candidate.component,
        foundation=candidate.foundation,
        ip=candidate.host,
        port=candidate.port,
        priority=candidate.priority,
        protocol=candidate.transport,
        type=candidate.type,
        tcpType=candidate.tcptype,
    )
