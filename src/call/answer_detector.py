"""AnswerDetector: whether a human or a machine has answered a call, by voice and tones. Pure.

    waiting --voice--> greeting --pause--> human
       |                  |--long--------> machine --tone--> beep
       '--nothing: unknown

Voice is sound clearly above the noise floor that is no tone; a tone has nearly all its energy at one frequency. People
say a word or two and wait; machines talk on, and end with a beep. A greeting longer than ``GREETING_S`` is a machine's,
one that a pause of ``PAUSE_S`` follows earlier a human's.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mixminus.model.call import Answered, AnsweredBy

__all__ = ["FRAME_SAMPLES", "SAMPLE_RATE_HZ", "AnswerDetector"]

SAMPLE_RATE_HZ: Final = 8000
FRAME_SAMPLES: Final = 160
FRAME_S: Final = FRAME_SAMPLES / SAMPLE_RATE_HZ
GREETING_S: Final = 2.4
PAUSE_S: Final = 0.8
SILENCE_S: Final = 5.0
"""Without voice for so long, it is unknown."""
BEEP_LEAST_S: Final = 0.12
BEEP_MOST_S: Final = 2.5
"""A longer tone is a dial tone, or a fax machine."""
_BEEP_LOWEST_HZ: Final = 350
_BEEP_HIGHEST_HZ: Final = 2500
_VOICE_DBOV: Final = -45.0
_VOICE_ABOVE_NOISE_DB: Final = 9.0
_QUIETEST_DBOV: Final = -70.0
_FLOOR_RISES_DB_S: Final = 6.0
"""How fast the noise floor rises to a louder noise; it falls at once."""
_BURST_FRAMES: Final = 3
"""Sound that is shorter is a click."""
_TONE_PURITY: Final = 0.9
"""The share of a tone's energy that is within one bin of its peak."""
_BIN_HZ: Final = SAMPLE_RATE_HZ / FRAME_SAMPLES
_WINDOW: Final = np.hanning(FRAME_SAMPLES)

Pcm = NDArray[np.int16]


class AnswerDetector:
    """Hears a call frame by frame; ``beep``: a machine is followed until it beeps."""

    def __init__(self, *, beep: bool = False) -> None:
        self._beep = beep
        self._frames = 0
        self._floor_dbov = _VOICE_DBOV - _VOICE_ABOVE_NOISE_DB
        self._burst = 0
        self._tone_frames = 0
        self._tone_bin = 0
        self._first_voice: int | None = None
        self._last_voice = 0
        self._machine = False

    @property
    def now(self) -> Answered:
        """What is to be said if no more is heard."""
        return self._answered(AnsweredBy.MACHINE if self._machine else AnsweredBy.UNKNOWN)

    def hear(self, frame: Pcm) -> Answered | None:
        """Take the next 20 ms at 8 kHz; return what was detected, once it was."""
        self._frames += 1
        beeped = self._observe_tone(frame)
        if beeped:
            return self._answered(AnsweredBy.BEEP)
        if not self._tone_frames:
            self._observe_voice(_dbov(frame))
        return self._decide()

    def _decide(self) -> Answered | None:
        if self._machine:
            return None
        if self._first_voice is None:
            waited = self._tone_frames == 0 and self._frames * FRAME_S >= SILENCE_S
            return self._answered(AnsweredBy.UNKNOWN) if waited else None
        if (self._last_voice - self._first_voice) * FRAME_S >= GREETING_S:
            self._machine = True
            return None if self._beep else self._answered(AnsweredBy.MACHINE)
        if (self._frames - self._last_voice) * FRAME_S >= PAUSE_S:
            return self._answered(AnsweredBy.HUMAN)
        return None

    def _observe_voice(self, dbov: float) -> None:
        if dbov > max(_VOICE_DBOV, self._floor_dbov + _VOICE_ABOVE_NOISE_DB):
            self._burst += 1
            if self._burst >= _BURST_FRAMES:
                self._last_voice = self._frames
                if self._first_voice is None:
                    self._first_voice = self._frames - _BURST_FRAMES
        else:
            self._burst = 0
        risen = self._floor_dbov + _FLOOR_RISES_DB_S * FRAME_S
        self._floor_dbov = max(_QUIETEST_DBOV, min(dbov, risen))

    def _observe_tone(self, frame: Pcm) -> bool:
        """Count the frames of a tone; return whether a beep has just ended."""
        peak = _tone_bin(frame)
        if peak and (not self._tone_frames or abs(peak - self._tone_bin) <= 1):
            self._tone_frames += 1
            self._tone_bin = peak
            return False
        lasted_s, self._tone_frames, self._tone_bin = self._tone_frames * FRAME_S, int(bool(peak)), peak
        return BEEP_LEAST_S <= lasted_s <= BEEP_MOST_S

    def _answered(self, by: AnsweredBy) -> Answered:
        voiced = 0 if self._first_voice is None else self._last_voice - self._first_voice
        return Answered(by, round(self._frames * FRAME_S * 1000), round(voiced * FRAME_S * 1000))


def _dbov(frame: Pcm) -> float:
    power: Any = np.mean(np.square(frame.astype(np.float64)))
    return float(10 * np.log10(max(power, 1e-3) / 32768.0**2))


def _tone_bin(frame: Pcm) -> int:
    """Return the bin of a frame's tone, 0 if it is none."""
    if _dbov(frame) < _VOICE_DBOV:
        return 0
    power = np.square(np.abs(np.fft.rfft(frame * _WINDOW)))
    peak = int(np.argmax(power))
    if not _BEEP_LOWEST_HZ <= peak * _BIN_HZ <= _BEEP_HIGHEST_HZ:
        return 0
    share = power[peak - 1 : peak + 2].sum() / power.sum()
    return peak if share >= _TONE_PURITY else 0
