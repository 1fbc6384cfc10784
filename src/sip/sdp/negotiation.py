"""Offer and answer (RFC 3264) for one audio stream. Pure.

The server makes the first description of a call; offers inside the dialog are answered in the worker
(``session.LocalSession``). ``agreement.py`` says what the result means.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from mixminus.hosts import facing, family_of
from mixminus.model.media import (
    CODECS,
    Codec,
    MediaDirection,
    PortMedia,
    SrtpProfile,
)
from mixminus.model.srtp import Encryption
from mixminus.sip.sdp import crypto, dtls
from mixminus.sip.sdp.agreement import (
    PTIME_MS,
    SECURE,
    NotAcceptable,
    agree,
    is_too_long,
    offered_direction,
    telephone_event,
)
from mixminus.sip.sdp.capabilities import actual, configurations, potential
from mixminus.sip.sdp.description import Attribute, MediaDescription, Origin, SessionDescription
from mixminus.sip.sdp.dtls import DtlsEnd
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
    "first_description",
    "make_answer",
    "make_offer",
    "redirected",
]

_PLAIN: Final = frozenset({"RTP/AVP", "RTP/AVPF"})
_ALLOWED: Final[dict[Encryption, frozenset[str]]] = {
    "never": _PLAIN,
    "optional": _PLAIN | SECURE,
    "required": SECURE,
}
_OFFERED_SUITES: Final = (SrtpProfile.AES_CM_128_HMAC_SHA1_80, SrtpProfile.AES_256_CM_HMAC_SHA1_80)
_OPUS_EVENT: Final = 102
"""The payload type of events that we offer to browsers beside Opus."""
_REVERSED: Final = {
    MediaDirection.SENDRECV: MediaDirection.SENDRECV,
    MediaDirection.SENDONLY: MediaDirection.RECVONLY,
    MediaDirection.RECVONLY: MediaDirection.SENDONLY,
    MediaDirection.INACTIVE: MediaDirection.INACTIVE,
}


@dataclass(frozen=True, slots=True)
class LocalEnd:
    """The constants of our side of a leg in SDP."""

    host: str
    rtp_port: int
    session_id: int
    codecs: tuple[Codec, ...]
    """In order of preference."""
    ptime_ms: int = PTIME_MS
    key_material: bytes = field(default=b"", repr=False)
    """``crypto.KEY_MATERIAL_BYTES`` random bytes."""
    encryption: Encryption = "optional"
    """``required``: media without SRTP are refused, in whatever offer; ``never``: those with it."""
    dtls: DtlsEnd | None = None
    """For a leg whose audio goes by ICE and DTLS-SRTP; other media are refused then."""
    other_host: str = ""
    """Our address of the other family, on the same port; empty without one."""

    @property
    def hosts(self) -> tuple[str, ...]:
        return (self.host, self.other_host) if self.other_host else (self.host,)

    def facing(self, peer: str) -> "LocalEnd":
        """Return our side towards an address: described by the one of ours that has its family, where we have one."""
        host = facing(self.hosts, peer)
        return self if host == self.host else replace(self, host=host, other_host=self.host)


def first_description(
    local: LocalEnd, offer: SessionDescription | None
) -> tuple[SessionDescription, PortMedia | None]:
    """Return our side of an incoming call, and what it means for the port.

    That is the answer to the INVITE's offer, or, if it has none, an offer that means nothing yet.
    Raises NotAcceptable.
    """
    if offer is None:
        return make_offer(local, encrypted=local.encryption == "required"), None
    answer = make_answer(local, offer)
    return answer, agree(answer, offer)


def make_offer(
    local: LocalEnd,
    previous: SessionDescription | None = None,
    *,
    encrypted: bool = False,
    either: bool = False,
) -> SessionDescription:
    """Return our offer, with SRTP (RTP/SAVP and SDES keys) or without; ``previous`` itself if nothing has changed.

    ``either``: without, but with SRTP for those who choose that by capability negotiation.
    """
    payloads = [offered_format(codec) for codec in local.codecs]
    payloads.append(offered_format(TELEPHONE_EVENT))
    if local.dtls:
        # Browsers send events only with the clock rate of the audio.
        payloads.insert(-1, PayloadFormat(_OPUS_EVENT, TELEPHONE_EVENT, CODECS[Codec.OPUS][0]))
        return _versioned(local, (_dtls_offer(local, payloads),), previous, dtls.own_bundle())
    media = MediaDescription(
        kind="audio",
        port=local.rtp_port,
        protocol="RTP/SAVP" if encrypted else "RTP/AVP",
        formats=tuple(str(payload.payload_type) for payload in payloads),
        attributes=(
            *_payload_attributes(payloads),
            *_common(local, MediaDirection.SENDRECV),
            *(_offered_keys(local) if encrypted else ()),
            *(potential("RTP/SAVP", _offered_keys(local)) if either and not encrypted else ()),
        ),
    )
    return _versioned(local, (media,), previous)


def _dtls_offer(local: LocalEnd, payloads: list[PayloadFormat]) -> MediaDescription:
    assert local.dtls is not None
    return MediaDescription(
        kind="audio",
        port=local.rtp_port,
        protocol="UDP/TLS/RTP/SAVPF",
        formats=tuple(str(payload.payload_type) for payload in payloads),
        attributes=(
            *_payload_attributes(payloads),
            *_common(local, MediaDirection.SENDRECV),
            *dtls.offered(local.dtls, local.hosts, local.rtp_port),
        ),
    )


def _offered_keys(local: LocalEnd) -> list[Attribute]:
    """Return an ``a=crypto`` line for each offered suite, the one that every phone knows first."""
    lines = (
        crypto.CryptoLine(tag, profile, crypto.own_key(local.key_material, profile))
        for tag, profile in enumerate(_OFFERED_SUITES, 1)
    )
    return [crypto.render_line(line) for line in lines]


def make_answer(
    local: LocalEnd,
    offer: SessionDescription,
    previous: SessionDescription | None = None,
    state: dtls.DtlsState | None = None,
) -> SessionDescription:
    """Return the answer to an offer; raise NotAcceptable if it has no audio that we support.

    ``state`` is what was agreed on about DTLS and ICE before.
    """
    local = local.facing(_peer_of(offer, previous))
    answered: list[MediaDescription] = []
    accepted = False
    for media in offer.media:
        answer = None if accepted else _answer_audio(local, offer, media, state)
        accepted = accepted or answer is not None
        answered.append(answer or _refused(local, media))
    if not accepted:
        raise NotAcceptable("the offer has no supported audio")
    bundle = dtls.bundle_of(offer, answered) if local.dtls else ()
    return _versioned(local, tuple(answered), previous, bundle)


def _peer_of(offer: SessionDescription, previous: SessionDescription | None) -> str:
    """Return the host whose family an answer has: the offer's, or our own one before if that gives no address."""
    hosts = (offer.host_of(media) for media in offer.media if media.kind == "audio" and media.port)
    host = next(hosts, "")
    if previous is not None and (not family_of(host) or ipaddress.ip_address(host).is_unspecified):
        return previous.host
    return host


def _refused(local: LocalEnd, media: MediaDescription) -> MediaDescription:
    """Return the answer to a medium that is not accepted; browsers know it by its identifier."""
    kept = tuple(each for each in media.attributes if each.name == "mid") if local.dtls else ()
    return replace(media, port=0, host="", attributes=kept)


def redirected(
    previous: SessionDescription, direction: MediaDirection, *, as_offer: bool = False
) -> SessionDescription:
    """Return our last description with another direction (RFC 3264 section 8.4); ``as_offer`` if it was an answer."""
    media = tuple(_with_direction(each, direction) if each.port else each for each in previous.media)
    if as_offer:
        media = tuple(dtls.offering(actual(each)) for each in media)
    if media == previous.media:
        return previous
    origin = replace(previous.origin, version=previous.origin.version + 1)
    return replace(previous, origin=origin, media=media)


def _with_direction(media: MediaDescription, direction: MediaDirection) -> MediaDescription:
    names = [direction.value if each.name in list(MediaDirection) else each.name for each in media.attributes]
    changed = [replace(each, name=name) for each, name in zip(media.attributes, names, strict=True)]
    return replace(media, attributes=tuple(changed))


def _answer_audio(
    local: LocalEnd, offer: SessionDescription, media: MediaDescription, state: dtls.DtlsState | None
) -> MediaDescription | None:
    """Return the answer to a medium, in the first of its configurations that has SRTP, else in its actual one."""
    secure = dtls.PROTOCOLS if local.dtls else SECURE
    for each in configurations(offer, media) if media.port else ():
        if each.media.protocol in secure and (answer := _answer_one(local, offer, each.media, state)):
            return replace(answer, attributes=(*answer.attributes, Attribute("acfg", each.chosen)))
    return _answer_one(local, offer, media, state)


def _answer_one(
    local: LocalEnd, offer: SessionDescription, media: MediaDescription, state: dtls.DtlsState | None
) -> MediaDescription | None:
    if media.kind != "audio" or not media.port or media.protocol not in _allowed(local):
        return None
    offered = formats_of(media)
    payloads = [
        payload
        for codec in local.codecs
        if (payload := next((each for each in offered if codec_of(each) is codec), None))
    ]
    line = next(iter(crypto.lines_of(media)), None) if media.protocol in SECURE else None
    if (
        not payloads
        or is_too_long(local.ptime_ms, media)
        or (media.protocol in SECURE and (line is None or not local.key_material))
    ):
        return None
    if event := telephone_event(offered, payloads[0].clock_rate_hz):
        payloads.append(event)
    attributes = _payload_attributes(payloads)
    attributes += _common(local, _REVERSED[offered_direction(offer, media)])
    if local.dtls:
        own = dtls.answered(local.dtls, (local.hosts, local.rtp_port), offer, media, state)
        if own is None:
            return None
        attributes += own
    elif media.has("rtcp-mux"):
        attributes.append(Attribute("rtcp-mux"))
    if line:
        ours = replace(line, key=crypto.own_key(local.key_material, line.profile))
        attributes.append(crypto.render_line(ours))
    formats = tuple(str(payload.payload_type) for payload in payloads)
    return MediaDescription("audio", local.rtp_port, media.protocol, formats, "", tuple(attributes))


def _allowed(local: LocalEnd) -> frozenset[str]:
    if local.dtls:
        return dtls.PROTOCOLS
    return _ALLOWED[local.encryption]


def _payload_attributes(payloads: Iterable[PayloadFormat]) -> list[Attribute]:
    return [line for payload in payloads for line in attributes_of(payload)]


def _common(local: LocalEnd, direction: MediaDirection) -> list[Attribute]:
    return [Attribute("ptime", str(local.ptime_ms)), Attribute(direction.value)]


def _versioned(
    local: LocalEnd,
    media: tuple[MediaDescription, ...],
    previous: SessionDescription | None,
    attributes: tuple[Attribute, ...] = (),
) -> SessionDescription:
    """RFC 3264 section 8: the version goes up by one exactly when something has changed."""
    if previous is not None and previous.media == media and previous.host == local.host:
        return previous
    version = previous.origin.version + 1 if previous else local.session_id
    origin = Origin("mixminus", str(local.session_id), version, local.host)
    return SessionDescription(origin, local.host, attributes, media)
