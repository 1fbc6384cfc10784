"""RtpPcmu: mu-law in RTP (G.711, RFC 3550, RFC 3551 section 4.5.14), both ways of one conversation. Pure."""

import secrets
import struct
from typing import Final

import numpy as np

from mixminus.streams.framing import Pcm, rtp_payload

__all__ = ["RtpPcmu", "mulaw_decoded", "mulaw_encoded"]

PAYLOAD_TYPE: Final = 0
_HEADER: Final = struct.Struct("!BBHII")
_VERSION_2: Final = 0x80
_MARKER: Final = 0x80
_BIAS: Final = 132
_CLIP: Final = 32635
_TURN: Final = 1 << 16
_AHEAD: Final = 1 << 15
"""A number less than half a turn ahead is newer (RFC 1982)."""


def _encoder() -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """Return the code of each sample, by its bits as an unsigned number."""
    pcm = np.arange(_TURN).astype(np.uint16).view(np.int16).astype(np.int32)
    magnitude = np.minimum(np.abs(pcm), _CLIP) + _BIAS
    exponent = sum((magnitude >= 1 << power).astype(np.int32) for power in range(8, 15))
    code = (pcm < 0) << 7 | exponent << 4 | magnitude >> (exponent + 3) & 0xF
    return (~code & 0xFF).astype(np.uint8)


def _decoder() -> Pcm:
    code = ~np.arange(256) & 0xFF
    magnitude = (((code & 0xF) << 3) + _BIAS << (code >> 4 & 7)) - _BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


_ENCODED: Final = _encoder()
_DECODED: Final = _decoder()


def mulaw_encoded(pcm: Pcm) -> bytes:
    """Return one byte for each sample."""
    return _ENCODED[pcm.view(np.uint16)].tobytes()


def mulaw_decoded(payload: bytes) -> Pcm:
    """Return one sample for each byte."""
    return _DECODED[np.frombuffer(payload, np.uint8)]


class RtpPcmu:
    """Numbers what it sends, and knows what of the far end's is old."""

    def __init__(self) -> None:
        self._number, self._timestamp, self._ssrc = (secrets.randbits(bits) for bits in (16, 32, 32))
        self._marker = _MARKER
        self._heard: tuple[int, int] | None = None
        """The far end's SSRC, and its newest number."""

    def wrap(self, pcm: Pcm) -> bytes:
        """Return the packet that carries a frame."""
        second = self._marker | PAYLOAD_TYPE
        header = _HEADER.pack(_VERSION_2, second, self._number, self._timestamp, self._ssrc)
        self._marker = 0
        self._number = (self._number + 1) % _TURN
        self._timestamp = (self._timestamp + pcm.size) & 0xFFFF_FFFF
        return header + mulaw_encoded(pcm)

    def unwrap(self, packet: bytes) -> Pcm | None:
        """Return what a packet carries, None if it is late or came before; MalformedFrame if it is none."""
        payload = rtp_payload(packet, PAYLOAD_TYPE)
        _, _, number, _, ssrc = _HEADER.unpack_from(packet)
        if self._heard is not None and self._heard[0] == ssrc:
            ahead = (number - self._heard[1]) % _TURN
            if not 0 < ahead < _AHEAD:
                return None
        self._heard = (ssrc, number)
        return mulaw_decoded(payload)
