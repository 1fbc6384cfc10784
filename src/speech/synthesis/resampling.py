"""Bringing what an engine has said to the rate that is wanted."""

from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from mixminus.speech.synthesis.engine import Pcm

__all__ = ["resampled"]


def resampled(pcm: "Pcm", from_hz: int, to_hz: int) -> "Pcm":
    """Return mono audio at another rate."""
    if from_hz == to_hz or not len(pcm):
        return pcm
    frame = av.AudioFrame.from_ndarray(pcm[np.newaxis], format="s16", layout="mono")
    frame.sample_rate = from_hz
    resampler = av.AudioResampler(format="s16", layout="mono", rate=to_hz)
    made = [out.to_ndarray()[0] for each in (frame, None) for out in resampler.resample(each)]
    return np.concatenate(made).astype(np.int16)
