"""WavWriter: a mono 16-bit WAV file that can be read at any moment, also after a SIGKILL.

FFmpeg's muxer leaves the two sizes of a WAV header open until the end of the file. Here they
are set anew after every write, audio first: what the header promises is always there.

    0 RIFF  4 size of all that follows  8 WAVE  12 fmt (16 bytes)  36 data  40 size of the audio  44 audio
"""

import os
import struct
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_WAV_SAMPLES", "WavWriter", "repair_wav"]

_SAMPLE_BYTES: Final = 2
_HEADER_BYTES: Final = 44
_RIFF_SIZE_AT: Final = 4
_DATA_SIZE_AT: Final = 40
# What follows each size field before the audio: the rest of the header.
_RIFF_OVERHEAD: Final = _HEADER_BYTES - (_RIFF_SIZE_AT + 4)

MAX_WAV_SAMPLES: Final = (2**32 - 1 - _RIFF_OVERHEAD) // _SAMPLE_BYTES
"""RIFF sizes are 32 bits wide."""


class WavWriter:
    """Writes one file; belongs to whichever one thread uses it."""

    def __init__(self, path: Path, sample_rate_hz: int) -> None:
        self.samples = 0
        """How many have been written."""
        self._file = _WholeWrites(path)
        # bitexact: nothing between the format and the audio, so that the header is the one drawn above.
        self._container = av.open(
            self._file, "w", format="wav", options={"fflags": "+bitexact+flush_packets"}
        )
        self._stream = self._container.add_stream("pcm_s16le", rate=sample_rate_hz, layout="mono")
        self._sample_rate_hz = sample_rate_hz
        self._container.start_encoding()
        self._set_sizes()

    def write(self, pcm: NDArray[np.int16]) -> None:
        """Append samples; they are in the file, and the header counts them, on return."""
        if not pcm.size:
            return
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = self._sample_rate_hz
        frame.pts = self.samples
        self._container.mux(self._stream.encode(frame))
        self.samples += pcm.size
        self._set_sizes()

    def close(self) -> None:
        """End the file; closing twice is harmless."""
        if not self._file.closed:
            self._container.close()
            self._file.close()

    def _set_sizes(self) -> None:
        _write_sizes(self._file.fileno(), self.samples * _SAMPLE_BYTES)


def repair_wav(path: Path) -> int:
    """Make a file's header count what the file holds, and return that in samples."""
    with path.open("r+b") as file:
        audio_bytes = max(0, os.fstat(file.fileno()).st_size - _HEADER_BYTES)
        samples = audio_bytes // _SAMPLE_BYTES
        if audio_bytes:
            _write_sizes(file.fileno(), samples * _SAMPLE_BYTES)
    return samples


def _write_sizes(fd: int, audio_bytes: int) -> None:
    os.pwrite(fd, struct.pack("<I", audio_bytes), _DATA_SIZE_AT)
    os.pwrite(fd, struct.pack("<I", audio_bytes + _RIFF_OVERHEAD), _RIFF_SIZE_AT)


class _WholeWrites:
    """A file without a buffer, as PyAV wants one; its write writes all, or raises."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b", buffering=0)

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()

    @property
    def closed(self) -> bool:
        return self._file.closed

    def close(self) -> None:
        self._file.close()
