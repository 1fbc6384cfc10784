"""Segmenter: cuts one stem into utterances with a voice detector. Pure.

            pre-roll                        tail
______|~~~~~~~~voice~~~~~~__~~voice~~|______|      an utterance is the part between the outer bars

After two thirds of the silence that closes an utterance, ``pausing`` returns the utterance up to there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from mixminus.speech.recognition.engine import VoiceDetector
from mixminus.speech.recognition.messages import SAMPLE_RATE_HZ, Pcm

__all__ = ["MAX_SAMPLES", "WINDOW_SAMPLES", "Segmenter", "SpeechBegan", "Utterance"]

WINDOW_SAMPLES: Final = 512
"""The detector's window: 32 ms."""
# Tuned on recordings: an initial sound is never cut off, a pause within a sentence does not end it.
PRE_ROLL_SAMPLES: Final = 3 * SAMPLE_RATE_HZ // 10
CLOSE_SAMPLES: Final = 6 * SAMPLE_RATE_HZ // 10
PAUSE_SAMPLES: Final = 4 * SAMPLE_RATE_HZ // 10
"""A silence of this length most likely ends the utterance."""
TAIL_SAMPLES: Final = 2 * SAMPLE_RATE_HZ // 10
MAX_SAMPLES: Final = 20 * SAMPLE_RATE_HZ
MIN_VOICED: Final = 4
"""Voiced windows of an utterance: shorter sounds, 128 ms in all, are noise."""
VOICED: Final = 0.5
UNVOICED: Final = 0.35
"""Hysteresis: above this, speech in progress continues."""
# Longer gaps are not filled with silence window by window: any utterance has closed by then.
LONG_GAP_SAMPLES: Final = CLOSE_SAMPLES + PRE_ROLL_SAMPLES
FULL_SCALE: Final = 32768.0


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """An utterance has begun: it has MIN_VOICED voiced windows."""

    first_sample: int


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """Speech from its beginning to its end."""

    first_sample: int
    pcm: Pcm

    @property
    def end_sample(self) -> int:
        return self.first_sample + self.pcm.size


class Segmenter:
    """Processes a stem in order, with gaps; yields beginnings and utterances."""

    def __init__(self, detector: VoiceDetector) -> None:
        self._detector = detector
        self._kept: list[Pcm] = []
        """Windows of the utterance, or of the pre-roll."""
        self._kept_samples = 0
        self._rest: Pcm = np.empty(0, np.int16)
        """Audio of less than a window."""
        self._end = 0
        """First sample that was not processed."""
        self._voiced = 0
        self._last_voice = -1
        """End of the last voiced window of the utterance; -1 outside an utterance."""

    @property
    def needs_from(self) -> int:
        """The first sample that results to come depend on, while there is speech."""
        return self._end - self._kept_samples

    @property
    def speaking(self) -> bool:
        """Whether there is speech, or may be."""
        return self._last_voice >= 0

    @property
    def open(self) -> bool:
        """Whether there is an utterance in progress."""
        return self._voiced >= MIN_VOICED

    def growing(self) -> Utterance | None:
        """Return the utterance in progress, as far as it has come."""
        return Utterance(self.needs_from, np.concatenate(self._kept)) if self.open else None

    @property
    def quiet(self) -> bool:
        """Whether the current silence is longer than an utterance's tail."""
        return self._end - self._last_voice >= TAIL_SAMPLES

    def pausing(self) -> Utterance | None:
        """Return the utterance in progress as it will be if the current pause ends it."""
        if not self.open or self._end - self._last_voice < PAUSE_SAMPLES:
            return None
        end = self._last_voice + TAIL_SAMPLES
        return Utterance(self.needs_from, np.concatenate(self._kept)[: end - self.needs_from])

    def hear(self, first_sample: int, pcm: Pcm) -> Iterator[SpeechBegan | Utterance]:
        """Process a range; samples processed before are skipped."""
        gap = first_sample - self._end - self._rest.size
        if gap >= LONG_GAP_SAMPLES:
            yield from self.finish()
            self._restart(first_sample)
        elif gap > 0:
            yield from self._silence(gap)
        heard = self._end + self._rest.size
        self._rest = np.concatenate((self._rest, pcm[max(0, heard - first_sample) :]))
        yield from self._look()

    def advance(self, sample: int) -> Iterator[SpeechBegan | Utterance]:
        """Treat everything up to a sample as silence; costs nothing outside speech."""
        gap = sample - self._end - self._rest.size
        if self.speaking and gap > 0:
            yield from self._silence(min(gap, LONG_GAP_SAMPLES))

    def finish(self) -> Iterator[SpeechBegan | Utterance]:
        """End the utterance in progress, if there is one."""
        yield from self.advance(self._end + self._rest.size + LONG_GAP_SAMPLES)

    def _silence(self, samples: int) -> Iterator[SpeechBegan | Utterance]:
        self._rest = np.concatenate((self._rest, np.zeros(samples, np.int16)))
        yield from self._look()

    def _look(self) -> Iterator[SpeechBegan | Utterance]:
        whole = self._rest.size // WINDOW_SAMPLES * WINDOW_SAMPLES
        for at in range(0, whole, WINDOW_SAMPLES):
            yield from self._window(self._rest[at : at + WINDOW_SAMPLES])
        self._rest = self._rest[whole:]

    def _window(self, window: Pcm) -> Iterator[SpeechBegan | Utterance]:
        probability = self._detector.probability(window.astype(np.float32) / FULL_SCALE)
        self._kept.append(window)
        self._kept_samples += WINDOW_SAMPLES
        self._end += WINDOW_SAMPLES
        if probability >= (UNVOICED if self.speaking else VOICED):
            self._last_voice = self._end
            if probability >= VOICED:
                self._voiced += 1
                if self._voiced == MIN_VOICED:
                    yield SpeechBegan(self.needs_from)
        if not self.speaking:
            self._trim(PRE_ROLL_SAMPLES)
        elif self._end - self._last_voice >= CLOSE_SAMPLES:
            yield from self._close(self._last_voice + TAIL_SAMPLES)
        elif self._kept_samples >= MAX_SAMPLES:
            yield from self._close(self._end)

    def _close(self, end: int) -> Iterator[Utterance]:
        if self.open:
            pcm = np.concatenate(self._kept)
            yield Utterance(self.needs_from, pcm[: end - self.needs_from])
        self._voiced, self._last_voice = 0, -1
        # A sound just after the end belongs to the next utterance's pre-roll.
        self._trim(min(PRE_ROLL_SAMPLES, self._end - end))

    def _trim(self, keep_samples: int) -> None:
        keep = keep_samples // WINDOW_SAMPLES
        self._kept = self._kept[len(self._kept) - keep :] if keep else []
        self._kept_samples = len(self._kept) * WINDOW_SAMPLES

    def _restart(self, sample: int) -> None:
        self._kept, self._kept_samples, self._rest, self._end = [], 0, self._rest[:0], sample
        self._voiced, self._last_voice = 0, -1
