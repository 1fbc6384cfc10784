"""An RTP phone without signalling: a UDP socket that sends and receives mu-law."""

import socket
import struct
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

from mixminus.mixer import Codec, CodecFormat, PortMedia
from tests.support.closing import Closes

__all__ = ["PCMU", "RtpPacket", "RtpPhone", "mulaw_decode", "mulaw_encode"]

PCMU = CodecFormat(Codec.PCMU, payload_type=0, clock_rate_hz=8000, sample_rate_hz=8000)

_HEADER = struct.Struct("!BBHII")
_BIAS = 132
_CLIP = 32635

Pcm = npt.NDArray[np.int16]


def mulaw_encode(pcm: Pcm) -> bytes:
    """Encode G.711 mu-law by its definition: sign, exponent of the biased magnitude, four bits of mantissa."""
    magnitude = np.minimum(np.abs(pcm.astype(np.int32)), _CLIP) + _BIAS
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0xF
    sign = np.where(pcm < 0, 0x80, 0)
    return bytes((~(sign | exponent << 4 | mantissa) & 0xFF).astype(np.uint8))


def mulaw_decode(payload: bytes) -> Pcm:
    """Decode G.711 mu-law, to the middle of each step."""
    code = ~np.frombuffer(payload, np.uint8).astype(np.int32) & 0xFF
    magnitude = (((code & 0xF) << 3) + _BIAS << ((code >> 4) & 7)) - _BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


@dataclass(frozen=True)
class RtpPacket:
    """A received RTP packet."""

    payload_type: int
    marker: bool
    sequence_number: int
    timestamp: int
    ssrc: int
    payload: bytes = field(repr=False)

    @classmethod
    def parse(cls, datagram: bytes) -> Self:
        _, second, sequence_number, timestamp, ssrc = _HEADER.unpack_from(datagram)
        return cls(
            second & 0x7F, bool(second & 0x80), sequence_number, timestamp, ssrc, datagram[_HEADER.size :]
        )


class RtpPhone(Closes):
    """A phone on loopback without a clock: one ``send`` is one packet."""

    def __init__(
        self,
        *,
        ssrc: int = 0x1234,
        sequence_number: int = 100,
        timestamp: int = 0,
        host: str = "127.0.0.1",
    ) -> None:
        self.host = host
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.ssrc = ssrc
        self.sequence_number = sequence_number
        self.timestamp = timestamp

    @property
    def address(self) -> tuple[str, int]:
        host, port, *_ = self.socket.getsockname()
        return host, port

    def media(self, **changes: object) -> PortMedia:
        """Return the media settings that SDP would negotiate with this phone."""
        settled: dict[str, object] = {"receive": (PCMU,), "send": PCMU, "remote": self.address}
        return PortMedia(**(settled | changes))  # type: ignore[arg-type]  # a test names the fields it means

    def packet(
        self, payload: bytes, *, payload_type: int = 0, marker: bool = False, step: int = 160
    ) -> bytes:
        """Return the next packet's bytes."""
        header = _HEADER.pack(
            0x80, payload_type | marker << 7, self.sequence_number, self.timestamp & 0xFFFFFFFF, self.ssrc
        )
        self.sequence_number = (self.sequence_number + 1) & 0xFFFF
        self.timestamp += step
        return header + payload

    def send(self, to: int, pcm: Pcm | None = None) -> None:
        """Send one packet to a port of loopback; None is silence."""
        silence = np.zeros(160, np.int16)
        self.send_raw(to, self.packet(mulaw_encode(silence if pcm is None else pcm)))

    def send_raw(self, to: int, datagram: bytes) -> None:
        self.socket.sendto(datagram, ("::1" if ":" in self.host else "127.0.0.1", to))

    def receive_raw(self) -> list[bytes]:
        """Return all received datagrams."""
        datagrams = []
        while True:
            try:
                datagrams.append(self.socket.recv(2048))
            except BlockingIOError:
                return datagrams

    def receive(self) -> list[RtpPacket]:
        """Return all received RTP packets; RTCP on the same socket (RFC 5761) is skipped."""
        return [RtpPacket.parse(raw) for raw in self.receive_raw() if not 192 <= raw[1] <= 223]

    def heard(self) -> Pcm:
        """Return the audio of all received mu-law packets."""
        parts = [mulaw_decode(packet.payload) for packet in self.receive() if packet.payload_type == 0]
        return np.concatenate(parts) if parts else np.empty(0, np.int16)

    def close(self) -> None:
        self.socket.close()
