"""Framing: how PCM (16-bit, little endian, mono, 20 ms) is wrapped into messages. Pure.

    sln          PCM                                              320 bytes at 8 kHz
    rtp          12 bytes (RFC 3550 section 5.1, type 96), PCM     332 bytes at 8 kHz
    audiosocket  0x10, length (16 bits, big endian), PCM           323 bytes at 8 kHz

RTP's own PCM (L16) is big endian; this one is not: the API says so.
RtpPcmu is for external media: mu-law in RTP (G.711, RFC 3550, RFC 3551 section 4.5.14).
"""

import secrets
import struct
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from mixminus.model.media_stream import Encapsulation

__all__ = [
    "Framing",
    "MalformedFrame",
    "RtpPcmu",
    "framing",
    "mulaw_decoded",
    "mulaw_encoded",
    "rtp_payload",
]

PCM_PAYLOAD_TYPE: Final = 96
_RTP: Final = struct.Struct("!BBHII")
_RTP_VERSION: Final = 2
_WORD_BYTES: Final = 4
_SAMPLE_BYTES: Final = 2
_TLV: Final = struct.Struct("!BH")
_TLV_AUDIO: Final = 0x10
PCMU_PAYLOAD_TYPE: Final = 0
_MARKER: Final = 0x80
_BIAS: Final = 132
_CLIP: Final = 32635
_SEQUENCE_NUMBERS: Final = 1 << 16
_AHEAD: Final = 1 << 15
"""A sequence number less than half the range ahead is newer (RFC 1982)."""

Pcm = NDArray[np.int16]


class MalformedFrame(Exception):
    """A message not in the agreed framing."""


class Framing(Protocol):
    """Framing of one stream, in both directions; keeps the state of its headers."""

    def wrap(self, pcm: Pcm) -> bytes:
        """Return the message that carries a frame."""
        ...

    def unwrap(self, message: bytes) -> Pcm:
        """Return a message's PCM, of any length, possibly empty; MalformedFrame."""
        ...


def framing(encapsulation: Encapsulation) -> Framing:
    """Return a new stream's framing."""
    return _FRAMINGS[encapsulation]()


def rtp_payload(message: bytes, payload_type: int) -> bytes:
    """Return the payload of an RTP packet (RFC 3550 section 5.1); MalformedFrame if it has another type."""
    if len(message) < _RTP.size:
        raise MalformedFrame("too short")
    first, second, *_ = _RTP.unpack_from(message)
    if first >> 6 != _RTP_VERSION or second & 0x7F != payload_type:
        raise MalformedFrame(f"neither version 2 nor type {payload_type}")
    begin = _RTP.size + (first & 0x0F) * _WORD_BYTES
    if first & 0x10:
        if len(message) < begin + _WORD_BYTES:
            raise MalformedFrame("truncated header extension")
        (words,) = struct.unpack_from("!H", message, begin + 2)
        begin += _WORD_BYTES * (1 + words)
    end = len(message) - (message[-1] if first & 0x20 else 0)
    if end < begin:
        raise MalformedFrame("truncated")
    return message[begin:end]


class _Samples:
    """Joins the bytes of a stream to samples: half a sample waits for the next message."""

    def __init__(self) -> None:
        self._half = b""

    def of(self, payload: bytes) -> Pcm:
        joined = self._half + payload
        whole = len(joined) - len(joined) % _SAMPLE_BYTES
        self._half = joined[whole:]
        return np.frombuffer(joined[:whole], "<i2").astype(np.int16)


class _Sln:
    def __init__(self) -> None:
        self._samples = _Samples()

    def wrap(self, pcm: Pcm) -> bytes:
        return _bytes(pcm)

    def unwrap(self, message: bytes) -> Pcm:
        return self._samples.of(message)


class _Rtp:
    def __init__(self) -> None:
        self._sent = 0
        self._samples = _Samples()

    def wrap(self, pcm: Pcm) -> bytes:
        # Sequence numbers begin with 1; the timestamp counts samples, as in RFC 3550 (upstream counts bytes).
        self._sent += 1
        timestamp = (self._sent - 1) * pcm.size & 0xFFFF_FFFF
        header = _RTP.pack(_RTP_VERSION << 6, PCM_PAYLOAD_TYPE, self._sent & 0xFFFF, timestamp, 0)
        return header + _bytes(pcm)

    def unwrap(self, message: bytes) -> Pcm:
        return self._samples.of(rtp_payload(message, PCM_PAYLOAD_TYPE))


class _AudioSocket:
    def __init__(self) -> None:
        self._samples = _Samples()

    def wrap(self, pcm: Pcm) -> bytes:
        payload = _bytes(pcm)
        return _TLV.pack(_TLV_AUDIO, len(payload)) + payload

    def unwrap(self, message: bytes) -> Pcm:
        """A message may hold several records; kinds other than audio are ignored."""
        audio = bytearray()
        at = 0
        while at < len(message):
            if len(message) - at < _TLV.size:
                raise MalformedFrame("truncated")
            kind, length = _TLV.unpack_from(message, at)
            at += _TLV.size + length
            if at > len(message):
                raise MalformedFrame("truncated")
            if kind == _TLV_AUDIO:
                audio += message[at - length : at]
        return self._samples.of(bytes(audio))


_FRAMINGS: Final[Mapping[Encapsulation, Callable[[], Framing]]] = {
    Encapsulation.SLN: _Sln,
    Encapsulation.RTP: _Rtp,
    Encapsulation.AUDIOSOCKET: _AudioSocket,
}


def _bytes(pcm: Pcm) -> bytes:
    return pcm.astype("<i2").tobytes()


def _encoder() -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """Return the code of each sample, indexed by its bits as an unsigned number."""
    pcm = np.arange(1 << 16).astype(np.uint16).view(np.int16).astype(np.int32)
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
    """Packs and unpacks the RTP packets of one conversation; recognises late packets."""

    def __init__(self) -> None:
        self._number, self._timestamp, self._ssrc = (secrets.randbits(bits) for bits in (16, 32, 32))
        self._marker = _MARKER
        self._heard: tuple[int, int] | None = None
        """The far end's SSRC and newest sequence number."""

    def wrap(self, pcm: Pcm) -> bytes:
        """Return the packet that carries a frame."""
        second = self._marker | PCMU_PAYLOAD_TYPE
        header = _RTP.pack(_RTP_VERSION << 6, second, self._number, self._timestamp, self._ssrc)
        self._marker = 0
        self._number = (self._number + 1) % _SEQUENCE_NUMBERS
        self._timestamp = (self._timestamp + pcm.size) & 0xFFFF_FFFF
        return header + mulaw_encoded(pcm)

    def unwrap(self, packet: bytes) -> Pcm | None:
        """Return a packet's PCM, None if it is late or a duplicate; MalformedFrame."""
        payload = rtp_payload(packet, PCMU_PAYLOAD_TYPE)
        _, _, number, _, ssrc = _RTP.unpack_from(packet)
        if self._heard is not None and self._heard[0] == ssrc:
            ahead = (number - self._heard[1]) % _SEQUENCE_NUMBERS
            if not 0 < ahead < _AHEAD:
                return None
        self._heard = (ssrc, number)
        return mulaw_decoded(payload)
