"""Reference implementation of ITU-R BS.1770-5 loudness in numpy, at 48 kHz."""

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["SAMPLE_RATE_HZ", "gated_lufs", "lufs", "mean_squares", "weighted"]

SAMPLE_RATE_HZ: Final = 48_000

Signal = npt.NDArray[np.float64]

# BS.1770-5 annex 1, tables 1 and 2.
_STAGES: Final = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (-1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (-1.99004745483398, 0.99007225036621)),
)
_STEP: Final = SAMPLE_RATE_HZ // 10
_STEPS_OF_A_BLOCK: Final = 4
_ABSOLUTE_GATE_LUFS: Final = -70.0
_RELATIVE_GATE_LU: Final = -10.0


def weighted(pcm: npt.NDArray[np.int16]) -> Signal:
    """Return the K-weighted signal; full scale is 1."""
    signal = pcm / 32768.0
    for (b0, b1, b2), (a1, a2) in _STAGES:
        fed = b0 * signal + b1 * _delayed(signal, 1) + b2 * _delayed(signal, 2)
        signal = np.empty_like(fed)
        before, last = 0.0, 0.0
        for i, x in enumerate(fed):
            before, last = last, x - a1 * last - a2 * before
            signal[i] = last
    return signal


def mean_squares(signal: Signal) -> Signal:
    """Return those of all blocks of 400 ms, one each 100 ms."""
    steps = np.square(signal[: len(signal) // _STEP * _STEP]).reshape(-1, _STEP).mean(axis=1)
    blocks: Signal = np.convolve(steps, np.full(_STEPS_OF_A_BLOCK, 1 / _STEPS_OF_A_BLOCK), mode="valid")
    return blocks


def lufs(mean_square: npt.NDArray[np.floating]) -> Signal:
    """Return the loudness of one channel."""
    floor = 10 ** ((_ABSOLUTE_GATE_LUFS + 0.691) / 10)
    loudness: Signal = -0.691 + 10 * np.log10(np.maximum(mean_square, floor))
    return loudness


def gated_lufs(blocks: npt.NDArray[np.floating]) -> float:
    """Return the gated loudness of blocks' mean squares; -70 LUFS if none counts."""
    counted = blocks[lufs(blocks) > _ABSOLUTE_GATE_LUFS]
    if not len(counted):
        return _ABSOLUTE_GATE_LUFS
    relative = lufs(counted.mean(keepdims=True))[0] + _RELATIVE_GATE_LU
    return float(lufs(counted[lufs(counted) > relative].mean(keepdims=True))[0])


def _delayed(signal: Signal, samples: int) -> Signal:
    return np.concatenate((np.zeros(samples), signal[:-samples]))
