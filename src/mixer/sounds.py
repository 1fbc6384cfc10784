"""Sounds that a room makes by itself, synthesised here: no file, no licence.

They are at 8 kHz: every room's rate is at least that, so that no sound ever raises it.
"""

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["SOUND_RATE_HZ", "Pcm", "beep", "beeps", "entry_tone", "exit_tone", "music", "ringing"]

Pcm = NDArray[np.int16]

SOUND_RATE_HZ: Final = 8000
_LOUD: Final = 3000.0
"""About -21 dBov: as loud as a telephone's own tones."""
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
    """Two short beeps: type your pin now."""
    gap = np.zeros(_samples(0.1), np.int16)
    return _frozen(np.concatenate([_note(880.0, 0.14), gap, _note(880.0, 0.14)]))


def beeps(count: int) -> Pcm:
    """Count aloud: a beep for each, up to ten of them."""
    one = np.concatenate([_note(880.0, 0.14), np.zeros(_samples(0.2), np.int16)])
    return _frozen(np.tile(one, min(count, _MOST_BEEPS)))


@functools.cache
def entry_tone() -> Pcm:
    """Rise by a fourth: somebody has come."""
    return _frozen(np.concatenate([_note(523.3, 0.12), _note(698.5, 0.2)]))


@functools.cache
def exit_tone() -> Pcm:
    """Fall by a fourth: somebody has left."""
    return _frozen(np.concatenate([_note(698.5, 0.12), _note(523.3, 0.2)]))


@functools.cache
def ringing() -> Pcm:
    """Return five seconds of the tone that says that it rings at the other end (ITU-T E.180: 425 Hz, 1 s of them)."""
    return _frozen(np.concatenate([_note(425.0, 1.0), np.zeros(_samples(4.0), np.int16)]))


@functools.cache
def music() -> Pcm:
    """A soft pad of four chords that flow into each other, and the last one into the first."""
    chord, total = _samples(_CHORD_S), _samples(_CHORD_S * len(_CHORDS))
    # Every chord swells and ebbs over twice its time, as cos² does: neighbours always add up to one.
    swell = np.sin(np.pi * np.arange(2 * chord) / (2 * chord)) ** 2
    pad = np.zeros(total)
    for place, fundamentals in enumerate(_CHORDS):
        where = (place * chord + np.arange(2 * chord)) % total
        pad[where] += swell * sum(_voice(hz, 2 * chord) for hz in fundamentals)
    return _frozen(np.rint(pad * _SOFT).astype(np.int16))


def _voice(hz: float, nsamples: int) -> NDArray[np.float64]:
    """Return one string of the pad: a fundamental, a soft octave, and a slow beat between two of them."""
    t = np.arange(nsamples) / SOUND_RATE_HZ
    return sum(
        (
            level * np.sin(2 * np.pi * hz * detune * t)
            for level, detune in ((0.6, 1.0), (0.5, 1.003), (0.2, 2.001))
        ),
        np.zeros(nsamples),
    )


def _note(hz: float, seconds: float) -> Pcm:
    """Return a sine without clicks at its ends, of whole 20 ms frames."""
    t = np.arange(_samples(seconds)) / SOUND_RATE_HZ
    edge = np.minimum(1.0, np.minimum(t, seconds - t) / _EDGE_S)
    return np.rint(_LOUD * np.clip(edge, 0.0, 1.0) * np.sin(2 * np.pi * hz * t)).astype(np.int16)


def _samples(seconds: float) -> int:
    return round(seconds * SOUND_RATE_HZ)


def _frozen(pcm: Pcm) -> Pcm:
    pcm.flags.writeable = False
    return pcm
