"""Speakers: who was behind each stem at each sample of a session."""

from collections import defaultdict

from mixminus.model.transcription import NOBODY, Speaker
from mixminus.speech.recognition.messages import SAMPLE_RATE_HZ

__all__ = ["Speakers"]

# Who is behind a stem is looked up a moment after it was heard, and an utterance begins with what was before it.
_SLACK_SAMPLES = SAMPLE_RATE_HZ // 2


class Speakers:
    """A stem may change hands: a call that leaves a room and comes again is another participant."""

    def __init__(self) -> None:
        self._known: dict[int, list[tuple[int, Speaker]]] = defaultdict(list)

    def note(self, stem: int, sample: int, speaker: Speaker) -> None:
        """Say who is behind a stem from a sample on."""
        known = self._known[stem]
        if not known or known[-1][1] != speaker:
            known.append((sample, speaker))

    def at(self, stem: int, sample: int) -> Speaker:
        """Return who was behind a stem; whoever was the first, for what was before."""
        known = self._known.get(stem)
        if not known:
            return NOBODY
        return next(
            (speaker for since, speaker in reversed(known) if since <= sample + _SLACK_SAMPLES), known[0][1]
        )
