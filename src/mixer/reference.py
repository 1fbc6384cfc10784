"""Reference implementation of the mix in numpy and 64 bits; property tests compare the engine with it.

Gains are in Q16, one for each sample, so that constant and changing gains use the same formula.
"""

import enum

import numpy as np
import numpy.typing as npt

__all__ = ["MixClass", "glide", "meshed", "minus_one", "mix_classes"]

Frames = npt.NDArray[np.int16]
Gains = npt.NDArray[np.int64]


class MixClass(enum.Enum):
    """Which mix a participant hears."""

    ALL = enum.auto()
    SILENCE = enum.auto()
    OWN = enum.auto()


def glide(from_q8: int, to_q8: int, nsamples: int) -> Gains:
    """Return a gain for each sample of a frame, moving from one value to the other; Q16."""
    rise = (to_q8 - from_q8) << 24
    # The kernel's division truncates towards zero.
    step = abs(rise) // nsamples * (1 if rise >= 0 else -1)
    return ((from_q8 << 24) + step * np.arange(1, nsamples + 1, dtype=np.int64)) >> 16


def _scaled(pcm: npt.NDArray[np.int64], gains_q16: Gains) -> npt.NDArray[np.int64]:
    return (pcm * gains_q16 + (1 << 15)) >> 16


def _saturated(pcm: npt.NDArray[np.int64]) -> Frames:
    return np.clip(pcm, -32768, 32767).astype(np.int16)


def minus_one(frames: Frames, gains_q16: Gains, hears_q16: Gains, hearing_q16: Gains) -> Frames:
    """Return what each of N participants hears of N frames of n samples.

    Gains: of the speaker [N, n], 0 when muted; of each speaker for each listener [N, N, n]; of all that a
    listener hears [N, n], 0 when deafened.
    """
    spoken = _saturated(_scaled(frames.astype(np.int64), gains_q16)).astype(np.int64)
    return _heard(np.broadcast_to(spoken, (len(spoken), *spoken.shape)), hears_q16, hearing_q16)


def _heard(spoken: npt.NDArray[np.int64], hears_q16: Gains, hearing_q16: Gains) -> Frames:
    """Return what each of N participants hears, of what each of N speakers [N, N, n] says to it."""
    weights = hears_q16.copy()
    myself = np.arange(len(spoken))
    weights[myself, myself] = 0
    mixes = _scaled(spoken, weights).sum(axis=1)
    return _saturated(_scaled(mixes, hearing_q16))


def meshed(
    frames: Frames, gains_q16: Gains, hears_q16: Gains, hearing_q16: Gains, delays: npt.NDArray[np.int64]
) -> Frames:
    """Return what each of N participants of a room over several engines hears in each of T ticks.

    As ``minus_one``, with an axis of ticks in front: frames [T, N, n] and gains. ``delays`` [N, N] are the ticks by
    which each listener hears each speaker later than in one engine: 0 within an engine. A speaker's gain is
    applied before the trunk, and delayed with its voice; what a listener hears is decided in its own engine.
    """
    spoken = _saturated(_scaled(frames.astype(np.int64), gains_q16)).astype(np.int64)
    ticks, people, nsamples = frames.shape
    arrived = np.zeros((ticks, people, people, nsamples), np.int64)
    for listener, speaker in np.ndindex(people, people):
        delay = int(delays[listener, speaker])
        arrived[delay:, listener, speaker] = spoken[: ticks - delay, speaker]
    return np.stack([_heard(arrived[tick], hears_q16[tick], hearing_q16[tick]) for tick in range(ticks)])


def mix_classes(
    contributes: npt.NDArray[np.bool_], hears_q16: Gains, deafened: npt.NDArray[np.bool_]
) -> list[MixClass]:
    """Return the class of each participant.

    SILENCE for deafened ones, ALL for those that contribute nothing and hear all others at unity gain.
    """
    unity = (hears_q16 == 1 << 16).all(axis=-1) | np.eye(len(contributes), dtype=np.bool_)
    hears_all = (unity | ~contributes[np.newaxis]).all(axis=1) & ~contributes
    return [
        MixClass.SILENCE if deaf else MixClass.ALL if whole else MixClass.OWN
        for deaf, whole in zip(deafened, hears_all, strict=True)
    ]
