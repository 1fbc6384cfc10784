"""RTP streams of real codecs that carry a tone, and measures that distinguish a tone from a click."""

import numpy as np
import numpy.typing as npt

from tests.support.codec import G722, OPUS, PCMA, PCMU, Encoder, Format, NativeLibraries
from tests.support.packets import rtp
from tests.support.signals import tone

__all__ = ["AMPLITUDE", "FORMATS", "share_of_tone", "stream", "tone_step", "worst_step"]

TONE_HZ = 400
AMPLITUDE = 10_000

FORMATS = {
    "PCMU": Format(PCMU, 8000, 8000, 20, payload_type=0, channels=1),
    "PCMA": Format(PCMA, 8000, 8000, 20, payload_type=8, channels=1),
    "G722": Format(G722, 8000, 16000, 20, payload_type=9, channels=1),
    "opus": Format(
        OPUS,
        48000,
        48000,
        20,
        payload_type=111,
        channels=1,
        complexity=5,
        bitrate_bps=32000,
        fec=True,
        loss_percent=10,
    ),
}

Pcm = npt.NDArray[np.int16]


def stream(  # noqa: PLR0913 - a sender has many ways
    codec_format: Format,
    opened: NativeLibraries,
    *,
    seconds: float = 2.0,
    ptime_ms: float = 20,
    first: int = 100,
    start_ms: float = 0.0,
    pcm: Pcm | None = None,
    level: tuple[int, int] | None = None,
    ssrc: int = 0x1234,
) -> list[tuple[float, bytes]]:
    """Return a tone (or `pcm`) as (sending time in ms, packet) pairs."""
    encoder = Encoder(codec_format, opened)
    nsamples = round(codec_format.sample_rate_hz * ptime_ms / 1000)
    ticks = round(codec_format.clock_rate_hz * ptime_ms / 1000)
    count = round(seconds * 1000 / ptime_ms)
    if pcm is None:
        pcm = tone(TONE_HZ, codec_format.sample_rate_hz, count * nsamples, AMPLITUDE)
    origin = round(start_ms * codec_format.clock_rate_hz / 1000)
    return [
        (
            start_ms + n * ptime_ms,
            rtp(
                first + n,
                origin + n * ticks,
                encoder.encode(pcm[n * nsamples : (n + 1) * nsamples]),
                payload_type=codec_format.payload_type,
                level=level,
                ssrc=ssrc,
            ),
        )
        for n in range(count)
    ]


def worst_step(pcm: Pcm) -> int:
    """Return the largest difference of neighbouring samples: a click makes it large."""
    return int(np.max(np.abs(np.diff(pcm.astype(np.int32)))))


def tone_step(sample_rate_hz: int) -> float:
    """Return the largest difference of neighbouring samples in the tone itself."""
    return AMPLITUDE * 2 * np.pi * TONE_HZ / sample_rate_hz


def share_of_tone(pcm: Pcm, sample_rate_hz: int) -> float:
    """Return the share of the power within 20 Hz of the tone."""
    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm)))) ** 2
    frequencies = np.fft.rfftfreq(len(pcm), 1 / sample_rate_hz)
    return float(spectrum[np.abs(frequencies - TONE_HZ) < 20].sum() / spectrum.sum())
