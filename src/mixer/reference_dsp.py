"""Reference implementation of the engine's signal processing in numpy."""

import numpy as np
import numpy.typing as npt

__all__ = ["gain_ramp", "level_dbov", "limit", "resample", "taps_of_phases"]

Pcm = npt.NDArray[np.int16]
Wide = npt.NDArray[np.int64]

_INT16 = np.iinfo(np.int16)
_SILENCE_DBOV = 127
_ONE_Q24 = 1 << 24
_RELEASE_MS = 60
_LOOKAHEAD_MS = 2


def _saturate(wide: Wide) -> Pcm:
    return np.clip(wide, _INT16.min, _INT16.max).astype(np.int16)


def gain_ramp(pcm: Pcm, from_q8: int, to_q8: int) -> Pcm:
    """Multiply by a gain that moves along a straight line and arrives with the last sample."""
    if len(pcm) == 0:
        return pcm.copy()
    rise = (to_q8 - from_q8) << 24
    step = abs(rise) // len(pcm) * (1 if rise >= 0 else -1)
    gain_q16 = ((from_q8 << 24) + step * np.arange(1, len(pcm) + 1, dtype=np.int64)) >> 16
    return _saturate((pcm * gain_q16 + (1 << 15)) >> 16)


def level_dbov(pcm: Pcm) -> int:
    """Return -dBov of the RMS; 0 is a full-scale square wave (RFC 6465 appendix A)."""
    mean = np.mean(np.square(pcm.astype(np.float64))) if len(pcm) else 0.0
    if mean == 0.0:
        return _SILENCE_DBOV
    return int(np.clip(np.floor(-10 * np.log10(mean / _INT16.max**2) + 0.5), 0, _SILENCE_DBOV))


def taps_of_phases(taps: Wide, up: int) -> Wide:
    """Return the filter at `up` times the rate from the table's rows of reversed phases."""
    return taps.reshape(up, -1)[:, ::-1].T.ravel()


def resample(pcm: Pcm, taps: Wide, *, up: int, down: int, shift: int) -> Pcm:
    """Insert `up - 1` zeros after each sample, filter (taps scaled by 2**shift), keep every `down`-th."""
    stuffed = np.zeros(len(pcm) * up, np.int64)
    stuffed[::up] = pcm
    # One more zero, because numpy refuses to convolve an empty array.
    filtered = np.convolve(np.append(stuffed, 0), taps_of_phases(taps, up))[: len(stuffed) : down]
    return _saturate((filtered + (1 << (shift - 1))) >> shift)


def limit(total: npt.NDArray[np.int32], sample_rate_hz: int) -> Pcm:
    """Limit a whole signal that begins after silence; the output is delayed by the look-ahead."""
    lookahead = sample_rate_hz // 1000 * _LOOKAHEAD_MS
    windows = [1 << (length.bit_length() - 1) for length in (lookahead * 2 // 3, lookahead // 2)]
    magnitude = np.where(total < 0, ~total, total).astype(np.int64)
    fit = np.floor(_INT16.max * float(_ONE_Q24) / (magnitude + 1.0)).astype(np.int64)
    ceiling = _released(np.where(magnitude > _INT16.max, fit, _ONE_Q24), sample_rate_hz)
    gain = np.concatenate([np.full(2 * lookahead, _ONE_Q24), ceiling])
    gain = np.lib.stride_tricks.sliding_window_view(gain, lookahead + 1).min(axis=1)
    for window in windows:
        gain = np.convolve(gain, np.ones(window, np.int64), "valid") // window
    delayed = np.concatenate([np.zeros(lookahead, np.int64), total])[: len(total)]
    return _saturate((delayed * gain[len(gain) - len(total) :] + _ONE_Q24 // 2) >> 24)


def _released(ceiling: Wide, sample_rate_hz: int) -> Wide:
    """Let the gain fall immediately and rise exponentially towards unity."""
    share = _ONE_Q24 // (sample_rate_hz // 1000 * _RELEASE_MS)
    released = np.empty_like(ceiling)
    last = _ONE_Q24
    for at, lowest in enumerate(ceiling.tolist()):
        missing = _ONE_Q24 - last
        last = min(lowest, last + (missing > 0) + (missing * share >> 24))
        released[at] = last
    return released
