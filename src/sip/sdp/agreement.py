"""What an exchange of offer and answer means for a port, understood from the two texts alone. Pure."""

import functools
import ipaddress
import re
from collections.abc import Iterable
from typing import Final

from mixminus.call.secure_media import SecureExchange
from mixminus.errors import InvalidArgument
from mixminus.hosts import IPV6
from mixminus.model.media import CODECS, Codec, CodecFormat, MediaDirection, PortMedia, SrtpKeys
from mixminus.sip.sdp import crypto, dtls
from mixminus.sip.sdp.capabilities import configured
from mixminus.sip.sdp.description import MediaDescription, SessionDescription
from mixminus.sip.sdp.formats import TELEPHONE_EVENT, PayloadFormat, codec_of, formats_of

__all__ = [
    "PTIME_MS",
    "SECURE",
    "NotAcceptable",
    "agree",
    "is_too_long",
    "offered_direction",
    "secure_exchange",
    "telephone_event",
]

SECURE: Final = frozenset({"RTP/SAVP", "RTP/SAVPF"})
PTIME_MS: Final = 20
_MAX_DIGITS: Final = 9
_DIRECTIONS: Final = {each.value: each for each in MediaDirection}
_PORT_LIMIT: Final = 65_536
_MAXPTIME: Final = re.compile(
    r"[0-9]{1,5}(?:\.[0-9]{1,5})?\s*\Z"
)  # non-zero-int-or-real (RFC 8866 section 9)
_OPUS_BITRATES_BPS: Final = (6_000, 510_000)  # RFC 7587 section 6.1


class NotAcceptable(InvalidArgument):
    """A well-formed description that allows no audio (SIP 488)."""

    reason = "SDP_NOT_ACCEPTABLE"


def agree(local: SessionDescription, remote: SessionDescription) -> PortMedia:
    """Return what an offer/answer exchange means for the port, whichever side offered."""
    local, remote = configured(local, remote), configured(remote, local)
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
    if is_too_long(ptime_ms, theirs):
        raise NotAcceptable(f"maxptime is less than our packets of {ptime_ms} ms")
    send = _codec_format(known[own[0][0]], ptime_ms, known[own[0][0]])
    event = telephone_event(formats_of(theirs), send.clock_rate_hz)
    level_extension_id = dtls.level_id(ours) if ours.protocol in dtls.PROTOCOLS else None
    address, rtcp_address = _addresses(remote, theirs)
    return PortMedia(
        receive=tuple(_codec_format(payload, ptime_ms, known[codec]) for codec, payload in own),
        send=send,
        direction=_agreed_direction(_direction(local, ours), offered_direction(remote, theirs)),
        remote=address,
        remote_rtcp=rtcp_address,
        rtcp_mux=_muxes(ours, theirs),
        dtmf_payload_type=event.payload_type if event else None,
        dtmf_clock_rate_hz=event.clock_rate_hz if event else 8000,
        level_extension_id=level_extension_id if dtls.level_id(theirs) else None,
        srtp=_agreed_keys(ours, theirs),
    )


def secure_exchange(local: SessionDescription, remote: SessionDescription) -> SecureExchange:
    """Return what an exchange says about ICE and DTLS; raise NotAcceptable if one side lacks them."""
    if exchange := dtls.exchange_of(local, remote):
        return exchange
    raise NotAcceptable("no ICE and DTLS was agreed on")


def _direction(description: SessionDescription, media: MediaDescription) -> MediaDirection:
    for attributes in (media.attributes, description.attributes):
        for attribute in attributes:
            if direction := _DIRECTIONS.get(attribute.name):
                return direction
    return MediaDirection.SENDRECV


def offered_direction(description: SessionDescription, media: MediaDescription) -> MediaDirection:
    """Return the remote direction; address zero, the hold of RFC 2543, means that it does not receive.

    With ICE the address means nothing.
    """
    direction = _direction(description, media)
    if media.protocol in dtls.PROTOCOLS or not _is_unspecified(description.host_of(media)):
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


@functools.lru_cache(maxsize=1024)
def _is_unspecified(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


@functools.lru_cache(maxsize=1024)
def _is_reachable(host: str) -> bool:
    """Return whether RTP can be sent to a host: to an address that is one, and no link's, which needs a zone."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return not (address.is_unspecified or (address.version == IPV6 and address.is_link_local))


def _addresses(
    remote: SessionDescription, media: MediaDescription
) -> tuple[tuple[str, int] | None, tuple[str, int] | None]:
    """Return where RTP and RTCP go; None for a host name, which is left to symmetric RTP."""
    host = remote.host_of(media)
    if not _is_reachable(host):
        return None, None
    address = (host, media.port)
    if media.has("rtcp-mux"):
        return address, address
    port, *elsewhere = next(iter(media.values("rtcp")), "").split(" ")
    rtcp_port = int(port) if _is_number(port) and 0 < int(port) < _PORT_LIMIT else media.port + 1
    # RFC 3605 section 2.1: the address is the audio's unless another one follows the port.
    rtcp_host = elsewhere[-1] if elsewhere and _is_reachable(elsewhere[-1]) else host
    return address, (rtcp_host, rtcp_port) if rtcp_port < _PORT_LIMIT else None


def _ptime_ms(ours: MediaDescription) -> int:
    """Our ptime: one packet a tick; the other side's ptime is a preference only (RFC 8866 section 6.4)."""
    return next((int(value) for value in ours.values("ptime") if _is_number(value)), PTIME_MS)


def _is_number(text: str) -> bool:
    """Return whether ``int`` can parse it; ``isdigit`` alone accepts superscripts."""
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


def is_too_long(ptime_ms: int, theirs: MediaDescription) -> bool:
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


def telephone_event(payloads: Iterable[PayloadFormat], clock_rate_hz: int) -> PayloadFormat | None:
    """RFC 4733 section 2.2: prefer events with the clock rate of the audio."""
    events = [payload for payload in payloads if payload.encoding_name.lower() == TELEPHONE_EVENT]
    return next(
        (event for event in events if event.clock_rate_hz == clock_rate_hz), events[0] if events else None
    )


def _muxes(ours: MediaDescription, theirs: MediaDescription) -> bool:
    return ours.has("rtcp-mux") and theirs.has("rtcp-mux")


def _agreed_keys(ours: MediaDescription, theirs: MediaDescription) -> SrtpKeys | None:
    if ours.protocol not in SECURE:
        return None
    remote = {(line.tag, line.profile): line for line in crypto.lines_of(theirs)}
    for line in crypto.lines_of(ours):
        if their := remote.get((line.tag, line.profile)):
            return SrtpKeys(line.profile, their.key, line.key, rx_mki=their.mki, tx_mki=line.mki)
    raise NotAcceptable("no SRTP key was agreed on")
