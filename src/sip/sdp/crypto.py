"""``a=crypto``: SRTP keys inside SDP (SDES, RFC 4568; AES-GCM, RFC 7714)."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from mixminus.mixer.formats import SrtpProfile
from mixminus.sip.sdp.description import Attribute, MediaDescription

__all__ = ["KEY_MATERIAL_BYTES", "CryptoLine", "lines_of", "own_key", "render_line"]

# Master key and salt together (RFC 4568 section 6.2, RFC 7714 section 14.2).
_KEY_BYTES: Final = {
    SrtpProfile.AES_CM_128_HMAC_SHA1_80: 16 + 14,
    SrtpProfile.AEAD_AES_128_GCM: 16 + 12,
    SrtpProfile.AEAD_AES_256_GCM: 32 + 12,
}
KEY_MATERIAL_BYTES: Final = sum(_KEY_BYTES.values())

_TAG = r"[0-9]{1,9}"
# inline:<key||salt>[|lifetime]; an MKI or a second key is not supported.
_LINE = re.compile(rf"({_TAG}) ([A-Za-z0-9_]+) inline:([A-Za-z0-9+/=]+)(?:\|(?:2\^)?[0-9]+)?\Z")


@dataclass(frozen=True, slots=True)
class CryptoLine:
    """One supported ``a=crypto``; the key encrypts what its sender sends."""

    tag: int
    profile: SrtpProfile
    key: bytes


def lines_of(media: MediaDescription) -> tuple[CryptoLine, ...]:
    """Return the supported lines, in the order of preference."""
    found = (_line(value) for value in media.values("crypto"))
    return tuple(line for line in found if line is not None)


def _line(value: str) -> CryptoLine | None:
    match = _LINE.match(value.strip())
    if not match or match[2] not in list(SrtpProfile):
        # Session parameters (UNENCRYPTED_SRTP and the like) must not be ignored either (RFC 4568 section 6.3.7).
        return None
    profile = SrtpProfile(match[2])
    try:
        key = base64.b64decode(match[3], validate=True)
    except binascii.Error:
        return None
    return CryptoLine(int(match[1]), profile, key) if len(key) == _KEY_BYTES[profile] else None


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
    return Attribute("crypto", f"{line.tag} {line.profile} inline:{base64.b64encode(line.key).decode()}")
