"""Synthesised sounds of a room: beeps, entry and exit tones, ringing, music on hold.

They are at 8 kHz, the lowest rate of a bridge, so that playing one never raises the bridge's rate.
"""

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["SOUND_RATE_HZ", "Pcm", "beep", "beeps", "entry_tone", "exit_tone", "music", "ringing"]

Pcm = NDArray[np.int16]

SOUND_RATE_HZ: Final = 8000
_LOUD: Final = 3000.0
"""About -21 dBov, the level of a telephone network's tones."""
_SOFT: Final = 700.0
_EDGE_S: Final = 0.01
_MOST_BEEPS: Final = 10
_CHORD_S: Final = 4.0
# Two bars of C major seventh, A minor seventh, F major seventh, G sixth: fundamentals in Hz.
_CHORDS: Final = (
    (130.8, 196.0, 246.9, 329.6),
    (110.0, 164.8, 196.0, 261.6),
    (87.3, 174.6, 220.0, 329.6),
    (98.0, 146.8, 246.9, 329.6),
)


@functools.cache
def beep() -> Pcm:
    """Return two short beeps: the prompt to enter a PIN."""
    gap = np.zeros(_samples(0.1), np.int16)
    return _frozen(np.concatenate([_note(880.0, 0.14), gap, _note(880.0, 0.14)]))


def beeps(count: int) -> Pcm:
    """Return `count` beeps, at most ten."""
    one = np.concatenate([_note(880.0, 0.14), np.zeros(_samples(0.2), np.int16)])
    return _frozen(np.tile(one, min(count, _MOST_BEEPS)))


@functools.cache
def entry_tone() -> Pcm:
    """Return two rising notes: a participant joined."""
    return _frozen(np.concatenate([_note(523.3, 0.12), _note(698.5, 0.2)]))


@functools.cache
def exit_tone() -> Pcm:
    """Return two falling notes: a participant left."""
    return _frozen(np.concatenate([_note(698.5, 0.12), _note(523.3, 0.2)]))


@functools.cache
def ringing() -> Pcm:
    """Return one period of ringback tone: 1 s of 425 Hz, 4 s of silence (ITU-T E.180)."""
    return _frozen(np.concatenate([_note(425.0, 1.0), np.zeros(_samples(4.0), np.int16)]))


@functools.cache
def music() -> Pcm:
    """Return a loop of four soft chords that crossfade, the last one into the first."""
    chord, total = _samples(_CHORD_S), _samples(_CHORD_S * len(_CHORDS))
    # Each chord fades in and out over twice its length with sin², so that neighbours always sum to one.
    swell = np.sin(np.pi * np.arange(2 * chord) / (2 * chord)) ** 2
    pad = np.zeros(total)
    for place, fundamentals in enumerate(_CHORDS):
        where = (place * chord + np.arange(2 * chord)) % total
        pad[where] += swell * sum(_voice(hz, 2 * chord) for hz in fundamentals)
    return _frozen(np.rint(pad * _SOFT).astype(np.int16))


def _voice(hz: float, nsamples: int) -> NDArray[np.float64]:
    """Return one voice: a fundamental, a detuned copy that beats slowly against it, and a soft octave."""
    t = np.arange(nsamples) / SOUND_RATE_HZ
    return sum(
        (
            level * np.sin(2 * np.pi * hz * detune * t)
            for level, detune in ((0.6, 1.0), (0.5, 1.003), (0.2, 2.001))
        ),
        np.zeros(nsamples),
    )


def _note(hz: float, seconds: float) -> Pcm:
    """Return a sine with faded ends."""
    t = np.arange(_samples(seconds)) / SOUND_RATE_HZ
    edge = np.minimum(1.0, np.minimum(t, seconds - t) / _EDGE_S)
    return np.rint(_LOUD * np.clip(edge, 0.0, 1.0) * np.sin(2 * np.pi * hz * t)).astype(np.int16)


def _samples(seconds: float) -> int:
    return round(seconds * SOUND_RATE_HZ)


def _frozen(pcm: Pcm) -> Pcm:
    pcm.flags.writeable = False
    return pcm
