"""The codecs of the wire, by FFmpeg: nothing of the measured server decodes what is measured."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

import av
import numpy as np

from bench.capacity.markers import Pcm
from bench.capacity.plan import CodecName

__all__ = ["CODECS", "PACKET_MS", "WireCodec"]

PACKET_MS: Final = 20
_OPUS_BITS_PER_S: Final = 32_000


@dataclass(frozen=True, slots=True)
class WireCodec:
    """How a codec is offered in SDP, and what it is called in FFmpeg."""

    payload_type: int
    rtpmap: str
    clock_rate_hz: int
    sample_rate_hz: int
    encoder: str
    fmtp: str = ""

    @property
    def timestamp_step(self) -> int:
        """Of the RTP timestamp, for a packet."""
        return self.clock_rate_hz * PACKET_MS // 1000

    @property
    def packet_samples(self) -> int:
        return self.sample_rate_hz * PACKET_MS // 1000

    def encode(self, pcm: Pcm) -> list[bytes]:
        """Encode whole packets of mono PCM."""
        encoder = self._context("w")
        if self.encoder == "libopus":
            encoder.bit_rate = _OPUS_BITS_PER_S
            encoder.options = {"application": "voip", "compression_level": "5"}
        payloads: list[bytes] = []
        for start in range(0, len(pcm) - self.packet_samples + 1, self.packet_samples):
            samples = np.ascontiguousarray(pcm[None, start : start + self.packet_samples])
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate, frame.pts = self.sample_rate_hz, start
            frame.time_base = Fraction(1, self.sample_rate_hz)
            payloads += map(bytes, encoder.encode(frame))
        return payloads

    def decode(self, payloads: Iterable[bytes]) -> Pcm:
        """Decode packets of one stream, each to a frame of 20 ms."""
        frames = list(self._frames(payloads))
        return np.concatenate(frames) if frames else np.zeros(0, np.int16)

    def _frames(self, payloads: Iterable[bytes]) -> Iterator[Pcm]:
        decoder = self._context("r")
        for payload in payloads:
            frame = np.concatenate(
                [each.to_ndarray().reshape(-1) for each in decoder.decode(av.Packet(payload))]
            )
            # A packet of another duration must not shift what follows.
            frame = np.asarray(np.resize(frame, self.packet_samples), np.int16)
            yield frame

    def _context(self, mode: Literal["r", "w"]) -> av.AudioCodecContext:
        context = av.CodecContext.create(self.encoder, mode)
        assert isinstance(context, av.AudioCodecContext)
        context.sample_rate, context.format, context.layout = self.sample_rate_hz, "s16", "mono"
        return context


CODECS: Final = {
    CodecName.PCMU: WireCodec(0, "PCMU/8000", 8000, 8000, "pcm_mulaw"),
    CodecName.PCMA: WireCodec(8, "PCMA/8000", 8000, 8000, "pcm_alaw"),
    # G.722 is sampled at 16 kHz, but its RTP clock runs at 8 kHz (RFC 3551 section 4.5.2).
    CodecName.G722: WireCodec(9, "G722/8000", 8000, 16000, "g722"),
    CodecName.OPUS: WireCodec(111, "opus/48000/2", 48000, 48000, "libopus", "useinbandfec=0;stereo=0"),
}
