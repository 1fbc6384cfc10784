"""WavFile: a 16-bit PCM file that is readable at any time, even after a SIGKILL.

Every write updates the two sizes in the header, after the audio: the header never counts missing samples.

    0 RIFF  4 size of all that follows  8 WAVE  12 fmt (16 bytes)  36 data  40 size of the audio  44 audio

A file that may exceed 32-bit sizes has a chunk between WAVE and fmt that becomes RF64's ds64 (EBU Tech 3306):

    0 RIFF  4 size  8 WAVE  12 JUNK (28 bytes)  48 fmt (16 bytes)  72 data  76 size of the audio  80 audio
"""

import os
import struct
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["SAMPLE_BYTES", "WavFile", "WavShape", "repair_wav", "shape_of", "wav_header"]

SAMPLE_BYTES: Final = 2
_PLAIN_BYTES: Final = 44
_LARGE_BYTES: Final = 80
_DS64_BYTES: Final = 28
_32_BITS: Final = 2**32 - 1
_PCM: Final = 1


class WavShape:
    """The parts of a header other than sizes."""

    def __init__(self, sample_rate_hz: int, channels: int, *, large: bool) -> None:
        self.sample_rate_hz = sample_rate_hz
        self.channels = channels
        self.header_bytes = _LARGE_BYTES if large else _PLAIN_BYTES
        self.frame_bytes = channels * SAMPLE_BYTES

    @classmethod
    def for_limit(cls, sample_rate_hz: int, channels: int, limit_samples: int) -> "WavShape":
        """Return the shape of a file with at most this many samples."""
        large = limit_samples * channels * SAMPLE_BYTES + _PLAIN_BYTES > _32_BITS
        return cls(sample_rate_hz, channels, large=large)


def wav_header(shape: WavShape, audio_bytes: int) -> bytes:
    """Return the header of a file with this much audio."""
    riff_bytes = shape.header_bytes - 8 + audio_bytes
    beyond = riff_bytes > _32_BITS
    fmt = struct.pack(
        "<4sIHHIIHH",
        b"fmt ",
        16,
        _PCM,
        shape.channels,
        shape.sample_rate_hz,
        shape.sample_rate_hz * shape.frame_bytes,
        shape.frame_bytes,
        8 * SAMPLE_BYTES,
    )
    room = b""
    if shape.header_bytes == _LARGE_BYTES:
        sizes = (riff_bytes, audio_bytes, audio_bytes // shape.frame_bytes) if beyond else (0, 0, 0)
        room = struct.pack("<4sIQQQI", b"ds64" if beyond else b"JUNK", _DS64_BYTES, *sizes, 0)
    return (
        struct.pack("<4sI4s", b"RF64" if beyond else b"RIFF", min(riff_bytes, _32_BITS), b"WAVE")
        + room
        + fmt
        + struct.pack("<4sI", b"data", min(audio_bytes, _32_BITS))
    )


def shape_of(path: Path) -> WavShape:
    """Read the header of a file we wrote; ValueError for any other."""
    with path.open("rb") as file:
        head = file.read(_LARGE_BYTES)
    large = head[12:16] in (b"JUNK", b"ds64")
    at = 48 if large else 12
    if len(head) < _PLAIN_BYTES or head[at : at + 4] != b"fmt ":
        raise ValueError("not a WAV file written by mixminus")
    channels, sample_rate_hz = struct.unpack_from("<HI", head, at + 10)
    return WavShape(sample_rate_hz, channels, large=large)


class WavFile:
    """Writes one file; not thread-safe."""

    def __init__(self, path: Path, shape: WavShape) -> None:
        self.samples = 0
        """Samples per channel."""
        self.path = path
        self.shape = shape
        self._file = path.open("w+b", buffering=0)
        self._set_header()

    def write(self, pcm: NDArray[np.int16]) -> None:
        """Append samples; on return they are in the file, and counted in the header."""
        rest = memoryview(np.ascontiguousarray(pcm).tobytes())
        at = self.shape.header_bytes + self.samples * self.shape.frame_bytes
        while rest:
            done = os.pwrite(self._file.fileno(), rest, at)
            rest, at = rest[done:], at + done
        self.samples += len(pcm)
        self._set_header()

    def skip(self, samples: int) -> None:
        """Append silence as a sparse region that takes no disk space."""
        self.samples += samples
        size = self.shape.header_bytes + self.samples * self.shape.frame_bytes
        os.ftruncate(self._file.fileno(), size)
        self._set_header()

    def sync(self) -> None:
        """Flush to the disk, so that a power failure loses nothing written so far."""
        if not self._file.closed:
            os.fdatasync(self._file.fileno())

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._file.close()

    def _set_header(self) -> None:
        header = wav_header(self.shape, self.samples * self.shape.frame_bytes)
        os.pwrite(self._file.fileno(), header, 0)


def repair_wav(path: Path, samples: int | None = None) -> int:
    """Correct the sizes in a header to the whole samples in the file; cut or extend it to ``samples``.

    Return the samples; 0 for a file we did not write.
    """
    try:
        shape = shape_of(path)
    except ValueError:
        return 0
    with path.open("r+b") as file:
        held = (os.fstat(file.fileno()).st_size - shape.header_bytes) // shape.frame_bytes
        samples = held if samples is None else samples
        os.ftruncate(file.fileno(), shape.header_bytes + samples * shape.frame_bytes)
        os.pwrite(file.fileno(), wav_header(shape, samples * shape.frame_bytes), 0)
        os.fsync(file.fileno())
    return samples
