"""Encode finished WAV files, and compute the waveform peaks of any recording, with PyAV."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from mixminus.recording.wav import shape_of

__all__ = ["FORMATS", "MAX_PEAKS", "EncodingStopped", "Format", "encode", "peaks"]


@dataclass(frozen=True, slots=True)
class Format:
    """File extension, media type and encoder of a recording format."""

    extension: str
    media_type: str
    codec: str
    container: str
    bit_rate_bps: int = 0
    """Per channel; 0 where the codec needs none."""

    @property
    def possible(self) -> bool:
        """Whether this build of PyAV has the encoder."""
        return self.codec in av.codecs_available


_ALL: Final = {
    "wav": Format("wav", "audio/wav", "pcm_s16le", "wav"),
    "flac": Format("flac", "audio/flac", "flac", "flac"),
    "ogg": Format("ogg", "audio/ogg", "libopus", "ogg", 32_000),
    "mp3": Format("mp3", "audio/mpeg", "libmp3lame", "mp3", 64_000),
    "m4a": Format("m4a", "audio/mp4", "aac", "ipod", 64_000),
}
FORMATS: Final = {name: each for name, each in _ALL.items() if each.possible}
"""Formats that clients can choose."""


class EncodingStopped(Exception):
    """The server is closing; the next start encodes from the beginning."""


def encode(source: Path, target: Path, format_: Format, progress: Callable[[float], bool]) -> None:
    """Write the target.

    ``progress`` gets the share done (0 to 1), and stops the encoder by returning False.
    """
    shape = shape_of(source)
    total = max((source.stat().st_size - shape.header_bytes) // shape.frame_bytes, 1)
    layout = "mono" if shape.channels == 1 else "stereo"
    with source.open("rb") as file, av.open(str(target), "w", format=format_.container) as container:
        stream = container.add_stream(format_.codec, rate=shape.sample_rate_hz, layout=layout)
        assert isinstance(stream, av.AudioStream)
        if format_.bit_rate_bps:
            stream.bit_rate = format_.bit_rate_bps * shape.channels
        file.seek(shape.header_bytes)
        done = 0
        while block := file.read(shape.sample_rate_hz * shape.frame_bytes):
            pcm = np.frombuffer(block, np.int16).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout=layout)
            frame.sample_rate, frame.pts = shape.sample_rate_hz, done
            container.mux(stream.encode(frame))
            done += len(block) // shape.frame_bytes
            if not progress(done / total):
                raise EncodingStopped
        container.mux(stream.encode(None))


MAX_PEAKS: Final = 1 << 18
_TO_8_BITS: Final = 256


def peaks(source: str | Path | Any, per_second: int) -> dict[str, Any]:
    """Return 8-bit peaks, a minimum and a maximum per channel and interval (the JSON of BBC's audiowaveform).

    ``source`` is anything PyAV opens. Memory grows with the peaks only. ValueError for more than MAX_PEAKS.
    """
    with av.open(source) as container:
        stream = container.streams.audio[0]
        rate, channels = stream.rate, stream.channels
        resampler = av.AudioResampler(format="s16", layout=stream.layout, rate=rate)
        samples_per_pixel = max(rate // per_second, 1)
        found: list[int] = []
        rest: NDArray[np.int16] = np.zeros((0, channels), np.int16)
        for frame in container.decode(stream):
            for each in resampler.resample(frame):
                rest = np.concatenate((rest, each.to_ndarray().reshape(-1, channels)))
            whole = len(rest) // samples_per_pixel * samples_per_pixel
            found += _pairs(rest[:whole].reshape(-1, samples_per_pixel, channels))
            rest = rest[whole:]
            if len(found) > 2 * channels * MAX_PEAKS:
                raise ValueError("too many peaks: ask for fewer a second")
        if len(rest):
            found += _pairs(rest[np.newaxis])
    return {
        "version": 2,
        "channels": channels,
        "sample_rate": rate,
        "samples_per_pixel": samples_per_pixel,
        "bits": 8,
        "length": len(found) // (2 * channels),
        "data": found,
    }


def _pairs(blocks: NDArray[np.int16]) -> list[int]:
    if not blocks.size:
        return []
    pairs = np.stack((blocks.min(axis=1), blocks.max(axis=1)), axis=-1) // _TO_8_BITS
    return [int(value) for value in pairs.ravel()]
