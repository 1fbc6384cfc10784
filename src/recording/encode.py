"""Encoding a finished WAV file into what was asked for, by PyAV, a second at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np

from mixminus.recording.wav import shape_of

__all__ = ["FORMATS", "EncodingStopped", "Format", "encode"]


@dataclass(frozen=True, slots=True)
class Format:
    """How a format's files are made and named."""

    extension: str
    media_type: str
    codec: str
    container: str
    bit_rate_bps: int = 0
    """Of a channel; 0 where the codec needs none."""

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
"""What can be chosen."""


class EncodingStopped(Exception):
    """The server goes; the next one begins anew."""


def encode(source: Path, target: Path, format_: Format, progress: Callable[[float], bool]) -> None:
    """Write the target; ``progress`` is told the share that is done, and stops it by returning False."""
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
