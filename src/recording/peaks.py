"""Peaks: least and greatest sample of each stretch, as players draw them (the JSON of BBC's audiowaveform)."""

from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_PEAKS", "peaks"]

MAX_PEAKS: Final = 1 << 18
_TO_8_BITS: Final = 256


def peaks(source: str | Path | Any, per_second: int) -> dict[str, Any]:
    """Return peaks of 8 bits, a pair for each channel and stretch; ``source`` is what PyAV opens.

    Memory does not grow with the sound but by its peaks. ValueError for more than MAX_PEAKS of them.
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
