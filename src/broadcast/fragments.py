"""Fragments: PCM to AAC in fragmented MP4 (ISO/IEC 14496-12, CMAF), by PyAV.

PyAV writes whole boxes: first ``ftyp`` and ``moov``, which a player needs once, then a ``moof`` with its ``mdat`` for
each part.
"""

from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from mixminus.broadcast.pyav_file import Written

__all__ = ["CODECS", "PART_S", "SAMPLE_RATE_HZ", "Fragments"]

SAMPLE_RATE_HZ: Final = 48_000
CODECS: Final = "mp4a.40.2"
_BIT_RATE_BPS: Final = 64_000
_FRAME_SAMPLES: Final = 1024
_PART_FRAMES: Final = 15
PART_S: Final = _PART_FRAMES * _FRAME_SAMPLES / SAMPLE_RATE_HZ
"""320 ms: a whole number of AAC frames, so that all parts are equally long."""
_BOX_TYPE: Final = slice(4, 8)


class Fragments:
    """One encoder; not for two threads at once."""

    def __init__(self) -> None:
        self.header = b""
        """``ftyp`` and ``moov``: complete before the first part is."""
        self._file = Written()
        options = {
            "movflags": "cmaf",
            # In microseconds; less than a part by half a frame, because only whole frames are counted.
            "frag_duration": str(round((PART_S - _FRAME_SAMPLES / SAMPLE_RATE_HZ / 2) * 1e6)),
            "flush_packets": "1",
            "use_editlist": "0",
        }
        self._container = av.open(self._file, "w", format="mp4", options=options)
        self._stream = self._container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono")
        self._stream.bit_rate = _BIT_RATE_BPS
        self._samples = 0

    def feed(self, pcm: NDArray[np.int16]) -> list[bytes]:
        """Encode mono samples; return the parts that are complete."""
        if pcm.size:
            frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate, frame.pts = SAMPLE_RATE_HZ, self._samples
            self._samples += pcm.size
            self._container.mux(self._stream.encode(frame))
        return self._take()

    def close(self) -> None:
        """Release the encoder; what is less than a part is dropped."""
        self._container.close()

    def _take(self) -> list[bytes]:
        written = self._file.take()
        self.header += b"".join(each for each in written if each[_BOX_TYPE] != b"moof")
        return [each for each in written if each[_BOX_TYPE] == b"moof"]
