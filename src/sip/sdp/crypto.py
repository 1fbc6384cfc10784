"""``a=crypto``: SRTP keys inside SDP (SDES, RFC 4568; AES-256, RFC 6188; AES-GCM, RFC 7714)."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from mixminus.model.media import SrtpProfile
from mixminus.sip.sdp.description import Attribute, MediaDescription

__all__ = ["KEY_MATERIAL_BYTES", "CryptoLine", "lines_of", "own_key", "render_line"]

# Master key and salt together (RFC 4568 section 6.2, RFC 6188 section 4, RFC 7714 section 14.2).
_KEY_BYTES: Final = {
    SrtpProfile.AES_CM_128_HMAC_SHA1_80: 16 + 14,
    SrtpProfile.AEAD_AES_128_GCM: 16 + 12,
    SrtpProfile.AEAD_AES_256_GCM: 32 + 12,
    SrtpProfile.AES_CM_128_HMAC_SHA1_32: 16 + 14,
    SrtpProfile.AES_256_CM_HMAC_SHA1_80: 32 + 14,
    SrtpProfile.AES_256_CM_HMAC_SHA1_32: 32 + 14,
}
KEY_MATERIAL_BYTES: Final = sum(_KEY_BYTES.values())

_TAG = re.compile(r"[0-9]{1,9}\Z")
# key||salt[|lifetime][|MKI:length]; several keys with MKIs are not supported.
_INLINE = re.compile(
    r"inline:([A-Za-z0-9+/]{1,128}={0,2})(?:\|(?:2\^)?[0-9]{1,20})?(?:\|([0-9]{1,39}):([0-9]{1,3}))?\Z",
    re.IGNORECASE,
)
_MAX_MKI_BYTES: Final = 16
# Hints of a window size, defaults, and what its sender says may be ignored (RFC 4568 section 6.3).
_IGNORED = re.compile(r"(?:WSH=[0-9]{1,9}|KDR=0|FEC_ORDER=FEC_SRTP|-\S*)\Z", re.IGNORECASE)
_SUITES: Final = {
    **{profile.value: profile for profile in SrtpProfile},
    # The names in the drafts of RFC 6188, which many phones have kept.
    "AES_CM_256_HMAC_SHA1_80": SrtpProfile.AES_256_CM_HMAC_SHA1_80,
    "AES_CM_256_HMAC_SHA1_32": SrtpProfile.AES_256_CM_HMAC_SHA1_32,
}


@dataclass(frozen=True, slots=True)
class CryptoLine:
    """One supported ``a=crypto``; the key encrypts what its sender sends."""

    tag: int
    profile: SrtpProfile
    key: bytes
    mki: bytes = b""
    """The identifier in each packet of its sender (RFC 3711 section 3.1); empty: there is none."""
    suite: str = ""
    """The profile's name as the line has it, which an answer repeats; empty: the profile's own."""


def lines_of(media: MediaDescription) -> tuple[CryptoLine, ...]:
    """Return the supported lines, in the order of preference."""
    found = (_line(value) for value in media.values("crypto"))
    return tuple(line for line in found if line is not None)


def _line(value: str) -> CryptoLine | None:
    tag, suite, inline, *session = [*value.split(), "", "", ""][: max(3, len(value.split()))]
    profile = _SUITES.get(suite.upper())
    match = _INLINE.match(inline)
    # Session parameters (UNENCRYPTED_SRTP and the like) must not be ignored (RFC 4568 section 6.3.7).
    if profile is None or not match or not _TAG.match(tag) or not all(map(_IGNORED.match, session)):
        return None
    key = _key(match[1])
    mki = _mki(match[2], match[3]) if match[2] else b""
    if len(key) != _KEY_BYTES[profile] or mki is None:
        return None
    return CryptoLine(int(tag), profile, key, mki, suite.upper())


def _key(text: str) -> bytes:
    """Decode base64, also without its padding; return nothing for what is none."""
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        return b""


def _mki(value: str, length: str) -> bytes | None:
    size = int(length)
    if not 0 < size <= _MAX_MKI_BYTES or int(value) >= 256**size:
        return None
    return int(value).to_bytes(size, "big")


def own_key(material: bytes, profile: SrtpProfile) -> bytes:
    """Return a profile's key and salt out of a leg's key material; no two profiles share a byte."""
    offset = 0
    for candidate, size in _KEY_BYTES.items():
        if candidate is profile:
            return material[offset : offset + size]
        offset += size
    raise ValueError(profile)


def render_line(line: CryptoLine) -> Attribute:
    """Return the line as an attribute."""
    mki = f"|{int.from_bytes(line.mki, 'big')}:{len(line.mki)}" if line.mki else ""
    key = base64.b64encode(line.key).decode()
    return Attribute("crypto", f"{line.tag} {line.suite or line.profile} inline:{key}{mki}")
