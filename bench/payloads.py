"""The audio of the phones in lockstep."""

import tempfile
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from mixminus.model.media import Codec, CodecFormat

TALK_S = 4
_SRTP_TAG_BYTES = 10
_QUIET_PACKETS = 200


@dataclass(frozen=True, slots=True)
class Load:
    """One kind of phone."""

    name: str
    send: CodecFormat
    step: int
    encrypted: bool
    silence: bytes
    packet_bytes: int
    """Of a packet from the engine, so that the floor sends as much."""
    signals_level: bool = True
    """Whether the RFC 6464 level is negotiated; browsers do, phones do not."""


PCMU = Load(
    name="PCMU over RTP",
    send=CodecFormat(Codec.PCMU, payload_type=0, clock_rate_hz=8000, sample_rate_hz=8000),
    step=160,
    encrypted=False,
    silence=b"\xff" * 160,
    packet_bytes=12 + 160,
)
OPUS = Load(
    name="Opus over SRTP",
    send=CodecFormat(
        Codec.OPUS, payload_type=111, clock_rate_hz=48000, sample_rate_hz=48000, bitrate_bps=32000
    ),
    step=960,
    encrypted=True,
    silence=b"\xf8\xff\xfe",
    packet_bytes=12 + 80 + _SRTP_TAG_BYTES,
)


def _quiet_room() -> bytes:
    """Encode the noise of a quiet room (-70 dBov) as a phone does, and return a packet of it."""
    noise = np.random.default_rng(1).normal(0, 10, _QUIET_PACKETS * OPUS.step).astype(np.int16)
    return _encode(OPUS, noise)[-1]


def opus_without_levels() -> Load:
    """Return Opus phones that do not signal their level, in quiet rooms."""
    return replace(OPUS, name="Opus without levels", silence=_quiet_room(), signals_level=False)


def write_payloads(load: Load) -> Path:
    """Write the generator's file: silence first, then a talker's packets, each preceded by its length."""
    target = Path(tempfile.mkdtemp(prefix="mixminus-bench-")) / "payloads"
    with target.open("wb") as out:
        for payload in (load.silence, *_speech(load)):
            out.write(len(payload).to_bytes(2, "big") + payload)
    return target


def _speech(load: Load) -> list[bytes]:
    """Encode a few seconds of a voice-like sound: a buzz with vowels' formants and syllables."""
    rate = load.send.sample_rate_hz
    t = np.arange(TALK_S * rate) / rate
    buzz = sum(np.sin(2 * np.pi * 120 * k * t) / (1 + abs(120 * k - 700) / 300) for k in range(1, 28))
    syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * t)
    return _encode(load, np.asarray(4000 * buzz * syllables / np.abs(buzz).max(), dtype=np.int16))


def _encode(load: Load, pcm: npt.NDArray[np.int16]) -> list[bytes]:
    rate = load.send.sample_rate_hz
    codec = "libopus" if load.send.codec is Codec.OPUS else "pcm_mulaw"
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.format, encoder.layout = rate, "s16", "mono"
    if codec == "libopus":
        encoder.bit_rate = load.send.bitrate_bps
        encoder.options = {"application": "voip"}
    payloads = []
    for start in range(0, len(pcm) - load.step + 1, load.step):
        frame = av.AudioFrame.from_ndarray(pcm[None, start : start + load.step], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        payloads += [bytes(packet) for packet in encoder.encode(frame)]
    return payloads
