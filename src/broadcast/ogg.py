"""OggOpus: packets of Opus as a stream that a player can join at any time (RFC 7845), by PyAV; nothing is encoded."""

from fractions import Fraction
from typing import Final

import av

from mixminus.broadcast.pyav_file import Written
from mixminus.mixer import Codec, CodecFormat

__all__ = ["MEDIA_TYPE", "OPUS", "OggOpus"]

MEDIA_TYPE: Final = "audio/ogg"
OPUS: Final = CodecFormat(Codec.OPUS, 111, 48_000, 48_000, fec=True, loss_percent=5)
"""As browsers negotiate it with WHEP (``webrtc.sdp``): the port shares their encode."""
_PACKET_SAMPLES: Final = OPUS.sample_rate_hz * OPUS.ptime_ms // 1000
_TIME_BASE: Final = Fraction(1, OPUS.sample_rate_hz)
_OPTIONS: Final = {"page_duration": "200000", "flush_packets": "1"}
"""A page each 200 ms, in microseconds."""


class OggOpus:
    """One stream, for one connection: it begins with headers, which Icecast repeats to each player."""

    def __init__(self) -> None:
        self._file = Written()
        self._container = av.open(self._file, "w", format="ogg", options=dict(_OPTIONS))
        # Its encoder is opened for the header only (OpusHead), and has the look-ahead of the engine's.
        self._stream = self._container.add_stream("libopus", rate=OPUS.sample_rate_hz, layout="mono")
        self._samples = 0

    def feed(self, packets: list[bytes]) -> bytes:
        """Add packets of 20 ms; return the pages that are complete, perhaps none."""
        for payload in packets:
            packet = av.Packet(payload)
            packet.stream, packet.time_base = self._stream, _TIME_BASE
            packet.pts = packet.dts = self._samples
            packet.duration = _PACKET_SAMPLES
            self._samples += _PACKET_SAMPLES
            self._container.mux(packet)
        return b"".join(self._file.take())

    def close(self) -> None:
        """Release it; what is less than a page is dropped."""
        self._container.close()
