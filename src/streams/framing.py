"""Framing: how PCM (16-bit, little endian, 8 kHz, mono) is wrapped into messages, three ways. Pure.

    sln          PCM                                              320 bytes
    rtp          12 bytes (RFC 3550 section 5.1, type 96), PCM     332 bytes
    audiosocket  0x10, length (16 bits, big endian), PCM           323 bytes

RTP's own PCM is big endian (L16); this one is not: the API says so.
"""

import enum
import struct
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FRAME_SAMPLES",
    "SAMPLE_RATE_HZ",
    "Encapsulation",
    "Framing",
    "MalformedFrame",
    "framing",
    "rtp_payload",
]

SAMPLE_RATE_HZ: Final = 8000
FRAME_SAMPLES: Final = 160
"""20 ms."""
PAYLOAD_TYPE: Final = 96
_RTP: Final = struct.Struct("!BBHII")
_RTP_VERSION: Final = 2
_WORD_BYTES: Final = 4
_TLV: Final = struct.Struct("!BH")
_TLV_AUDIO: Final = 0x10

Pcm = NDArray[np.int16]


class Encapsulation(enum.StrEnum):
    SLN = enum.auto()
    RTP = enum.auto()
    AUDIOSOCKET = enum.auto()


class MalformedFrame(Exception):
    """A message that is not what was agreed on."""


class Framing(Protocol):
    """One direction each way; remembers what its headers count."""

    def wrap(self, pcm: Pcm) -> bytes:
        """Return the message that carries a frame."""
        ...

    def unwrap(self, message: bytes) -> Pcm:
        """Return what a message carries, of any length, perhaps nothing; MalformedFrame if it is none."""
        ...


def framing(encapsulation: Encapsulation) -> Framing:
    """Return a new stream's framing."""
    return _FRAMINGS[encapsulation]()


def rtp_payload(message: bytes, payload_type: int) -> bytes:
    """Return what an RTP packet carries (RFC 3550 section 5.1); MalformedFrame if it is none of this type."""
    if len(message) < _RTP.size:
        raise MalformedFrame("too short")
    first, second, *_ = _RTP.unpack_from(message)
    if first >> 6 != _RTP_VERSION or second & 0x7F != payload_type:
        raise MalformedFrame(f"neither version 2 nor type {payload_type}")
    begin = _RTP.size + (first & 0x0F) * _WORD_BYTES
    if first & 0x10:
        if len(message) < begin + _WORD_BYTES:
            raise MalformedFrame("extension cut short")
        (words,) = struct.unpack_from("!H", message, begin + 2)
        begin += _WORD_BYTES * (1 + words)
    end = len(message) - (message[-1] if first & 0x20 else 0)
    if end < begin:
        raise MalformedFrame("cut short")
    return message[begin:end]


class _Sln:
    def wrap(self, pcm: Pcm) -> bytes:
        return _bytes(pcm)

    def unwrap(self, message: bytes) -> Pcm:
        return _pcm(message)


class _Rtp:
    def __init__(self) -> None:
        self._sent = 0

    def wrap(self, pcm: Pcm) -> bytes:
        # Numbers begin with 1; the time stamp counts samples, as RFC 3550 has it (upstream counts bytes).
        self._sent += 1
        timestamp = (self._sent - 1) * pcm.size & 0xFFFF_FFFF
        header = _RTP.pack(_RTP_VERSION << 6, PAYLOAD_TYPE, self._sent & 0xFFFF, timestamp, 0)
        return header + _bytes(pcm)

    def unwrap(self, message: bytes) -> Pcm:
        return _pcm(rtp_payload(message, PAYLOAD_TYPE))


class _AudioSocket:
    def wrap(self, pcm: Pcm) -> bytes:
        payload = _bytes(pcm)
        return _TLV.pack(_TLV_AUDIO, len(payload)) + payload

    def unwrap(self, message: bytes) -> Pcm:
        """A message may hold several; kinds that are not audio mean nothing here."""
        audio = bytearray()
        at = 0
        while at < len(message):
            if len(message) - at < _TLV.size:
                raise MalformedFrame("cut short")
            kind, length = _TLV.unpack_from(message, at)
            at += _TLV.size + length
            if at > len(message):
                raise MalformedFrame("cut short")
            if kind == _TLV_AUDIO:
                audio += message[at - length : at]
        return _pcm(bytes(audio))


_FRAMINGS: Final[Mapping[Encapsulation, Callable[[], Framing]]] = {
    Encapsulation.SLN: _Sln,
    Encapsulation.RTP: _Rtp,
    Encapsulation.AUDIOSOCKET: _AudioSocket,
}


def _bytes(pcm: Pcm) -> bytes:
    return pcm.astype("<i2").tobytes()


def _pcm(payload: bytes) -> Pcm:
    if len(payload) % 2:
        raise MalformedFrame("half a sample")
    return np.frombuffer(payload, "<i2").astype(np.int16)
