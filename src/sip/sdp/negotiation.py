"""Offer and answer (RFC 3264) for one audio stream, and what an exchange means for a port. Pure.

The server makes the first description of a call; offers inside the dialog are answered in the worker
(``session.LocalSession``), and the server understands the result from the two texts alone.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from mixminus.errors import InvalidArgument
from mixminus.mixer.formats import (
    CODECS,
    Codec,
    CodecFormat,
    MediaDirection,
    PortMedia,
    SrtpKeys,
    SrtpProfile,
)
from mixminus.sip.sdp import crypto
from mixminus.sip.sdp.description import Attribute, MediaDescription, Origin, SessionDescription, parse
from mixminus.sip.sdp.formats import (
    TELEPHONE_EVENT,
    PayloadFormat,
    attributes_of,
    codec_of,
    formats_of,
    offered_format,
)

__all__ = [
    "LocalEnd",
    "NotAcceptable",
    "agree",
    "first_description",
    "make_answer",
    "make_offer",
    "redirected",
]

_PLAIN: Final = frozenset({"RTP/AVP", "RTP/AVPF"})
_SECURE: Final = frozenset({"RTP/SAVP", "RTP/SAVPF"})
_OFFERED_SUITES: Final = (SrtpProfile.AES_CM_128_HMAC_SHA1_80, SrtpProfile.AES_256_CM_HMAC_SHA1_80)
_PTIME_MS: Final = 20
_MAX_DIGITS: Final = 9
_MAXPTIME: Final = re.compile(
    r"[0-9]{1,5}(?:\.[0-9]{1,5})?\s*\Z"
)  # non-zero-int-or-real (RFC 8866 section 9)
_OPUS_BITRATES_BPS: Final = (6_000, 510_000)  # RFC 7587 section 6.1
_REVERSED: Final = {
    MediaDirection.SENDRECV: MediaDirection.SENDRECV,
    MediaDirection.SENDONLY: MediaDirection.RECVONLY,
    MediaDirection.RECVONLY: MediaDirection.SENDONLY,
    MediaDirection.INACTIVE: MediaDirection.INACTIVE,
}


class NotAcceptable(InvalidArgument):
    """A well-formed description that allows no audio (SIP 488)."""

    reason = "SDP_NOT_ACCEPTABLE"


@dataclass(frozen=True, slots=True)
class LocalEnd:
    """The constants of our side of a leg in SDP."""

    host: str
    rtp_port: int
    session_id: int
    codecs: tuple[Codec, ...]
    """In order of preference."""
    ptime_ms: int = _PTIME_MS
    key_material: bytes = field(default=b"", repr=False)
    """``crypto.KEY_MATERIAL_BYTES`` random bytes."""
    encrypted_only: bool = False
    """Whether media without SRTP are refused, in whatever offer."""


def first_description(local: LocalEnd, offer: str) -> tuple[SessionDescription, PortMedia | None]:
    """Return our side of an incoming call, and what it means for the port.

    That is the answer to the INVITE's offer, or, if it has none, an offer that means nothing yet.
    Raises MalformedSdp or NotAcceptable.
    """
    if not offer:
        return make_offer(local), None
    remote = parse(offer)
    answer = make_answer(local, remote)
    return answer, agree(answer, remote)


def make_offer(
    local: LocalEnd, previous: SessionDescription | None = None, *, encrypted: bool = False
) -> SessionDescription:
    """Return our offer, with SRTP (RTP/SAVP and SDES keys) or without; ``previous`` itself if nothing has changed."""
    payloads = [offered_format(codec) for codec in local.codecs]
    payloads.append(offered_format(TELEPHONE_EVENT))
    media = MediaDescription(
        kind="audio",
        port=local.rtp_port,
        protocol="RTP/SAVP" if encrypted else "RTP/AVP",
        formats=tuple(str(payload.payload_type) for payload in payloads),
        attributes=(
            *_payload_attributes(payloads),
            *_common(local, MediaDirection.SENDRECV),
            *(_offered_keys(local) if encrypted else ()),
        ),
    )
    return _versioned(local, (media,), previous)


def _offered_keys(local: LocalEnd) -> list[Attribute]:
    """Return an ``a=crypto`` line for each offered suite, the one that every phone knows first."""
    lines = (
        crypto.CryptoLine(tag, profile, crypto.own_key(local.key_material, profile))
        for tag, profile in enumerate(_OFFERED_SUITES, 1)
    )
    return [crypto.render_line(line) for line in lines]


def make_answer(
    local: LocalEnd, offer: SessionDescription, previous: SessionDescription | None = None
) -> SessionDescription:
    """Return the answer to an offer; raise NotAcceptable if it has no audio that we support."""
    answered: list[MediaDescription] = []
    accepted = False
    for media in offer.media:
        answer = None if accepted else _answer_audio(local, offer, media)
        accepted = accepted or answer is not None
        answered.append(answer or replace(media, port=0, host="", attributes=()))
    if not accepted:
        raise NotAcceptable("the offer has no supported audio")
    return _versioned(local, tuple(answered), previous)


def redirected(previous: SessionDescription, direction: MediaDirection) -> SessionDescription:
    """Return our last description with another direction (RFC 3264 section 8.4)."""
    media = tuple(_with_direction(each, direction) if each.port else each for each in previous.media)
    if media == previous.media:
        return previous
    origin = replace(previous.origin, version=previous.origin.version + 1)
    return replace(previous, origin=origin, media=media)


def _with_direction(media: MediaDescription, direction: MediaDirection) -> MediaDescription:
    names = [direction.value if each.name in list(MediaDirection) else each.name for each in media.attributes]
    changed = [replace(each, name=name) for each, name in zip(media.attributes, names, strict=True)]
    return replace(media, attributes=tuple(changed))


def agree(local: SessionDescription, remote: SessionDescription) -> PortMedia:
    """Return what an offer/answer exchange means for the port, whichever side offered."""
    pairs = zip(local.media, remote.media, strict=False)
    ours, theirs = next(
        (
            (ours, theirs)
            for ours, theirs in pairs
            if ours.kind == theirs.kind == "audio" and ours.port and theirs.port
        ),
        (None, None),
    )
    if ours is None or theirs is None:
        raise NotAcceptable("no audio was agreed on")
    known = {codec: payload for payload in reversed(formats_of(theirs)) if (codec := codec_of(payload))}
    own = [(codec, payload) for payload in formats_of(ours) if (codec := codec_of(payload)) in known]
    if not own:
        raise NotAcceptable("no codec was agreed on")
    ptime_ms = _ptime_ms(ours)
    if _is_too_long(ptime_ms, theirs):
        raise NotAcceptable(f"maxptime is less than our packets of {ptime_ms} ms")
    send = _codec_format(known[own[0][0]], ptime_ms, known[own[0][0]])
    event = _telephone_event(formats_of(theirs), send.clock_rate_hz)
    address, rtcp_address = _addresses(remote, theirs)
    return PortMedia(
        receive=tuple(_codec_format(payload, ptime_ms, known[codec]) for codec, payload in own),
        send=send,
        direction=_agreed_direction(_direction(local, ours), _offered_direction(remote, theirs)),
        remote=address,
        remote_rtcp=rtcp_address,
        rtcp_mux=_muxes(ours, theirs),
        dtmf_payload_type=event.payload_type if event else None,
        dtmf_clock_rate_hz=event.clock_rate_hz if event else 8000,
        srtp=_agreed_keys(ours, theirs),
    )


def _answer_audio(
    local: LocalEnd, offer: SessionDescription, media: MediaDescription
) -> MediaDescription | None:
    allowed = _SECURE if local.encrypted_only else _PLAIN | _SECURE
    if media.kind != "audio" or not media.port or media.protocol not in allowed:
        return None
    offered = formats_of(media)
    payloads = [
        payload
        for codec in local.codecs
        if (payload := next((each for each in offered if codec_of(each) is codec), None))
    ]
    line = next(iter(crypto.lines_of(media)), None) if media.protocol in _SECURE else None
    if (
        not payloads
        or _is_too_long(local.ptime_ms, media)
        or (media.protocol in _SECURE and (line is None or not local.key_material))
    ):
        return None
    if event := _telephone_event(offered, payloads[0].clock_rate_hz):
        payloads.append(event)
    attributes = _payload_attributes(payloads)
    attributes += _common(local, _REVERSED[_offered_direction(offer, media)])
    if media.has("rtcp-mux"):
        attributes.append(Attribute("rtcp-mux"))
    if line:
        ours = replace(line, key=crypto.own_key(local.key_material, line.profile))
        attributes.append(crypto.render_line(ours))
    formats = tuple(str(payload.payload_type) for payload in payloads)
    return MediaDescription("audio", local.rtp_port, media.protocol, formats, "", tuple(attributes))


def _payload_attributes(payloads: Iterable[PayloadFormat]) -> list[Attribute]:
    return [line for payload in payloads for line in attributes_of(payload)]


def _common(local: LocalEnd, direction: MediaDirection) -> list[Attribute]:
    return [Attribute("ptime", str(local.ptime_ms)), Attribute(direction.value)]


def _versioned(
    local: LocalEnd, media: tuple[MediaDescription, ...], previous: SessionDescription | None
) -> SessionDescription:
    """RFC 3264 section 8: the version goes up by one exactly when something has changed."""
    if previous is not None and previous.media == media and previous.host == local.host:
        return previous
    version = previous.origin.version + 1 if previous else local.session_id
    origin = Origin("mixminus", str(local.session_id), version, local.host)
    return SessionDescription(origin, local.host, (), media)


def _direction(description: SessionDescription, media: MediaDescription) -> MediaDirection:
    for attributes in (media.attributes, description.attributes):
        for attribute in attributes:
            if attribute.name in list(MediaDirection):
                return MediaDirection(attribute.name)
    return MediaDirection.SENDRECV


def _offered_direction(description: SessionDescription, media: MediaDescription) -> MediaDirection:
    """Return the remote direction; address zero, the hold of RFC 2543, means that it does not receive."""
    direction = _direction(description, media)
    if not _is_unspecified(description.host_of(media)):
        return direction
    return MediaDirection.SENDONLY if direction.sends else MediaDirection.INACTIVE


def _agreed_direction(ours: MediaDirection, theirs: MediaDirection) -> MediaDirection:
    match (ours.sends and theirs.receives, ours.receives and theirs.sends):
        case (True, True):
            return MediaDirection.SENDRECV
        case (True, False):
            return MediaDirection.SENDONLY
        case (False, True):
            return MediaDirection.RECVONLY
    return MediaDirection.INACTIVE


def _is_unspecified(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _addresses(
    remote: SessionDescription, media: MediaDescription
) -> tuple[tuple[str, int] | None, tuple[str, int] | None]:
    """Return where RTP and RTCP go; None for a host name, which is left to symmetric RTP."""
    host = remote.host_of(media)
    try:
        if ipaddress.ip_address(host).is_unspecified:
            return None, None
    except ValueError:
        return None, None
    port = next(iter(media.values("rtcp")), "").partition(" ")[0]
    rtcp_port = int(port) if _is_number(port) and 0 < int(port) < 65_536 else media.port + 1  # noqa: PLR2004 - 16 bits
    if media.has("rtcp-mux"):
        rtcp_port = media.port
    return (host, media.port), (host, rtcp_port)


def _ptime_ms(ours: MediaDescription) -> int:
    """Our ptime: one packet a tick; the other side's ptime is a preference only (RFC 8866 section 6.4)."""
    return next((int(value) for value in ours.values("ptime") if _is_number(value)), _PTIME_MS)


def _is_number(text: str) -> bool:
    """Return whether ``int`` can parse it; ``isdigit`` alone accepts superscripts."""
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


def _is_too_long(ptime_ms: int, theirs: MediaDescription) -> bool:
    """``maxptime`` is a limit of their receiver: refuse the call rather than exceed it (ADR 7)."""
    limits = (float(value) for value in theirs.values("maxptime") if _MAXPTIME.match(value))
    return any(0 < limit_ms < ptime_ms for limit_ms in limits)


def _codec_format(payload: PayloadFormat, ptime_ms: int, theirs: PayloadFormat) -> CodecFormat:
    """``theirs`` describes the remote receiver; it determines how we send."""
    codec = codec_of(payload)
    if codec is None:
        raise ValueError(payload.encoding_name)
    clock_rate_hz, sample_rate_hz = CODECS[codec]
    bitrate = theirs.parameter("maxaveragebitrate")
    low, high = _OPUS_BITRATES_BPS
    return CodecFormat(
        codec=codec,
        payload_type=payload.payload_type,
        clock_rate_hz=clock_rate_hz,
        sample_rate_hz=sample_rate_hz,
        channels=2 if codec is Codec.OPUS and theirs.wants_stereo else 1,
        ptime_ms=ptime_ms,
        bitrate_bps=min(max(int(bitrate), low), high) if _is_number(bitrate) else 0,
        fec=theirs.parameter("useinbandfec") == "1",
    )


def _telephone_event(payloads: Iterable[PayloadFormat], clock_rate_hz: int) -> PayloadFormat | None:
    """RFC 4733 section 2.2: prefer events with the clock rate of the audio."""
    events = [payload for payload in payloads if payload.encoding_name.lower() == TELEPHONE_EVENT]
    return next(
        (event for event in events if event.clock_rate_hz == clock_rate_hz), events[0] if events else None
    )


def _muxes(ours: MediaDescription, theirs: MediaDescription) -> bool:
    return ours.has("rtcp-mux") and theirs.has("rtcp-mux")


def _agreed_keys(ours: MediaDescription, theirs: MediaDescription) -> SrtpKeys | None:
    if ours.protocol not in _SECURE:
        return None
    remote = {(line.tag, line.profile): line for line in crypto.lines_of(theirs)}
    for line in crypto.lines_of(ours):
        if their := remote.get((line.tag, line.profile)):
            return SrtpKeys(line.profile, their.key, line.key, rx_mki=their.mki, tx_mki=line.mki)
    raise NotAcceptable("no SRTP key was agreed on")
