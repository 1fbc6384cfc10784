"""DTLS-SRTP and ICE in SDP: what our descriptions say, and what the far end's mean. Pure.

RFC 5763 and RFC 8842 (DTLS-SRTP), RFC 8839 (ICE), RFC 9143 (bundles). RTP and RTCP share one address, which is the port
of the browsers: a medium without ``a=rtcp-mux`` or without ICE is not accepted.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from mixminus.call.secure_media import Fingerprint, IceKey, SecureExchange
from mixminus.sip.sdp import crypto
from mixminus.sip.sdp.capabilities import configurations, configured
from mixminus.sip.sdp.description import Attribute, MediaDescription, SessionDescription

__all__ = [
    "LEVEL_URI",
    "PROTOCOLS",
    "SECRET_BYTES",
    "DtlsEnd",
    "DtlsState",
    "answered",
    "bundle_of",
    "exchange_of",
    "is_offered",
    "level_id",
    "offered",
    "offering",
    "own_bundle",
    "state_of",
]

PROTOCOLS: Final = frozenset({"UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP"})
LEVEL_URI: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"  # RFC 6464
SECRET_BYTES: Final = 32
_MID: Final = "0"
_LEVEL_ID: Final = 1
_UFRAG_BYTES, _PWD_BYTES = 8, 16
_STREAM: Final = "mixminus"
# Host candidates for RTP and RTCP (RFC 8445 section 5.1.2.1: type preference 126, component 1).
_TYPE_PREFERENCE, _MOST_PREFERRED, _COMPONENT = 126, 65_535, 1
_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}\Z")
_PWD = re.compile(r"[A-Za-z0-9+/]{22,256}\Z")
_FINGERPRINT = re.compile(r"(sha-256|sha-384|sha-512) ([0-9A-F]{2}(?::[0-9A-F]{2}){31,63})\Z", re.IGNORECASE)
_EXTMAP = re.compile(rf"([1-9]|1[0-4])(?:/[a-z]+)? {re.escape(LEVEL_URI)}(?: .*)?\Z")
_MID_VALUE = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}\Z")
_ANSWERS: Final = {"active": "passive", "passive": "active"}


@dataclass(frozen=True, slots=True)
class DtlsEnd:
    """The constants of our side."""

    fingerprint: str
    """The value of our ``a=fingerprint``."""
    ssrc: int
    secret: bytes = field(default=b"", repr=False)
    """Of the ICE credentials: the far end's make ours, so that both processes know them."""


@dataclass(frozen=True, slots=True)
class DtlsState:
    """What is agreed on, and continues while the far end does not ask for something else."""

    ours: IceKey
    theirs: IceKey
    setup: str
    """Our role: active or passive."""


@dataclass(frozen=True, slots=True)
class _Theirs:
    key: IceKey
    fingerprints: tuple[Fingerprint, ...]
    setup: str


def is_offered(offer: SessionDescription) -> bool:
    """Return whether the first audio medium of an offer is one of DTLS-SRTP, or the best of its configurations is."""
    audio = next((each for each in offer.media if each.kind == "audio" and each.port), None)
    if audio is None or audio.protocol in PROTOCOLS:
        return audio is not None
    for each in configurations(offer, audio):
        if each.media.protocol in PROTOCOLS and _theirs(offer, each.media) and each.media.has("rtcp-mux"):
            return True
        if each.media.protocol.startswith("RTP/SAVP") and crypto.lines_of(each.media):
            return False
    return False


def offered(end: DtlsEnd, hosts: tuple[str, ...], port: int) -> tuple[Attribute, ...]:
    """Return the attributes of an offer's audio medium, with a candidate for each of our addresses."""
    level = Attribute("extmap", f"{_LEVEL_ID} {LEVEL_URI}")
    return (Attribute("mid", _MID), level, *_own(end, hosts, port, key_for(end, None), "actpass"))


def answered(
    end: DtlsEnd,
    address: tuple[tuple[str, ...], int],
    offer: SessionDescription,
    media: MediaDescription,
    state: DtlsState | None,
) -> tuple[Attribute, ...] | None:
    """Return the attributes of an answer to a medium; None if it cannot be accepted.

    ``address`` are our addresses, the preferred one first, and their port.
    ``state`` is what was agreed on before: ICE is restarted when their credentials have changed (RFC 8839 section 4.4),
    and our role stays (RFC 8842 section 5.5).
    """
    theirs = _theirs(offer, media)
    if theirs is None or not media.has("rtcp-mux"):
        return None
    continues = state is not None and state.theirs == theirs.key
    key = state.ours if state and continues else key_for(end, theirs.key)
    setup = _ANSWERS.get(theirs.setup) or (state.setup if state else "active")
    mid = _mid(media)
    lines = [Attribute("mid", mid)] if mid else []
    if number := level_id(media):
        lines.append(Attribute("extmap", f"{number} {LEVEL_URI}"))
    return (*lines, *_own(end, *address, key, setup))


def offering(media: MediaDescription) -> MediaDescription:
    """Return a medium of ours as a later offer has it: either side may start a handshake (RFC 8842 section 5.5)."""
    return replace(
        media,
        attributes=tuple(
            replace(each, value="actpass") if each.name == "setup" else each for each in media.attributes
        ),
    )


def bundle_of(offer: SessionDescription, answer: Iterable[MediaDescription]) -> tuple[Attribute, ...]:
    """Return the group line of an answer: of the offered bundle the accepted medium alone (RFC 9143 section 7.3)."""
    mids = [mid for media in answer if media.port and (mid := _mid(media))]
    groups = (each.value.split() for each in offer.attributes if each.name == "group")
    bundle = next((group[1:] for group in groups if group[:1] == ["BUNDLE"]), [])
    return tuple(Attribute("group", f"BUNDLE {mid}") for mid in mids if mid in bundle)


def own_bundle() -> tuple[Attribute, ...]:
    """Return the group line of an offer."""
    return (Attribute("group", f"BUNDLE {_MID}"),)


def level_id(media: MediaDescription) -> int | None:
    """Return the identifier of the audio level header extension (RFC 6464), None without it."""
    return next((int(found[1]) for value in media.values("extmap") if (found := _EXTMAP.match(value))), None)


def exchange_of(local: SessionDescription, remote: SessionDescription) -> SecureExchange | None:
    """Return what an exchange says about the audio; None if it is not DTLS-SRTP with ICE on both sides."""
    remote = configured(remote, local)
    for our_media, their_media in zip(local.media, remote.media, strict=False):
        if our_media.kind == "audio" and our_media.port and their_media.port:
            break
    else:
        return None
    ours, theirs = _theirs(local, our_media), _theirs(remote, their_media)
    if ours is None or theirs is None:
        return None
    setup = ours.setup if ours.setup in _ANSWERS else _ANSWERS.get(theirs.setup, "")
    return SecureExchange(
        ours=ours.key,
        theirs=theirs.key,
        is_lite=any(each.name == "ice-lite" for each in remote.attributes),
        candidates=their_media.values("candidate"),
        fingerprints=theirs.fingerprints,
        we_connect=setup == "active",
        we_offered=ours.setup == "actpass",
    )


def state_of(exchange: SecureExchange) -> DtlsState:
    """Return what continues after an exchange."""
    return DtlsState(exchange.ours, exchange.theirs, "active" if exchange.we_connect else "passive")


def key_for(end: DtlsEnd, theirs: IceKey | None) -> IceKey:
    """Return our credentials for theirs, or for an offer: new ones whenever theirs are (RFC 8445 section 9)."""
    seed = f"{theirs.ufrag}\0{theirs.pwd}" if theirs else ""
    digest = hashlib.blake2b(seed.encode(), digest_size=_UFRAG_BYTES + _PWD_BYTES, key=end.secret).hexdigest()
    return IceKey(digest[: 2 * _UFRAG_BYTES], digest[2 * _UFRAG_BYTES :])


def _own(end: DtlsEnd, hosts: tuple[str, ...], port: int, key: IceKey, setup: str) -> tuple[Attribute, ...]:
    return (
        Attribute("rtcp-mux"),
        Attribute("setup", setup),
        Attribute("fingerprint", end.fingerprint),
        Attribute("ice-ufrag", key.ufrag),
        Attribute("ice-pwd", key.pwd),
        *(Attribute("candidate", _candidate(at, host, port)) for at, host in enumerate(hosts)),
        Attribute("end-of-candidates"),
        Attribute("msid", f"{_STREAM} {_STREAM}-{end.ssrc}"),
        Attribute("ssrc", f"{end.ssrc} cname:{_STREAM}"),
    )


def _candidate(at: int, host: str, port: int) -> str:
    """Return a host candidate; addresses are preferred in their order."""
    priority = (_TYPE_PREFERENCE << 24) | ((_MOST_PREFERRED - at) << 8) | (256 - _COMPONENT)
    return f"{at + 1} {_COMPONENT} udp {priority} {host} {port} typ host"


def _theirs(description: SessionDescription, media: MediaDescription) -> _Theirs | None:
    """Read one side's ICE and DTLS, of the medium or else of the session; None if something is missing or malformed."""
    ufrag, pwd = _first(description, media, "ice-ufrag"), _first(description, media, "ice-pwd")
    setup = _first(description, media, "setup").lower()
    fingerprints = tuple(
        Fingerprint(found[1].lower(), found[2].upper())
        for value in _values(description, media, "fingerprint")
        if (found := _FINGERPRINT.match(value))
    )
    if media.protocol not in PROTOCOLS or not (_UFRAG.match(ufrag) and _PWD.match(pwd) and fingerprints):
        return None
    return _Theirs(IceKey(ufrag, pwd), fingerprints, setup) if setup in ("actpass", *_ANSWERS) else None


def _values(description: SessionDescription, media: MediaDescription, name: str) -> tuple[str, ...]:
    return media.values(name) or tuple(each.value for each in description.attributes if each.name == name)


def _first(description: SessionDescription, media: MediaDescription, name: str) -> str:
    return next(iter(_values(description, media, name)), "")


def _mid(media: MediaDescription) -> str:
    mid = next(iter(media.values("mid")), "")
    return mid if _MID_VALUE.match(mid) else ""
