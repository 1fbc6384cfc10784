"""A text that is too short for its audio is recognised again in halves, any other is not."""

import numpy as np
import pytest

from mixminus.speech.recognition.engine import Recognition
from mixminus.speech.recognition.messages import SAMPLE_RATE_HZ, Pcm
from mixminus.speech.recognition.whisper import recognise_whole

PAUSE_S = (9.0, 9.4)


def speech(seconds: float) -> Pcm:
    """Return noise with a pause in it, where it is to be cut."""
    pcm = np.random.default_rng(1).integers(-4000, 4000, int(seconds * SAMPLE_RATE_HZ)).astype(np.int16)
    pcm[int(PAUSE_S[0] * SAMPLE_RATE_HZ) : int(PAUSE_S[1] * SAMPLE_RATE_HZ)] = 0
    return pcm


class Model:
    """Recognises two words a second; of audio longer than its patience only the first three words."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self.asked_s: list[float] = []

    def __call__(self, pcm: Pcm) -> Recognition:
        seconds = pcm.size / SAMPLE_RATE_HZ
        self.asked_s.append(round(seconds, 1))
        words = round(2 * seconds) if seconds <= self._patience_s else 3
        return Recognition(" ".join(["word"] * words), 1.0 / len(self.asked_s))


@pytest.mark.parametrize(
    ("patience_s", "asked_s"),
    [
        pytest.param(20.0, [18.0], id="whole"),
        pytest.param(10.0, [18.0, 9.1, 8.9], id="halves, cut in the pause"),
    ],
)
def test_truncated_text_is_completed_from_halves(patience_s: float, asked_s: list[float]) -> None:
    model = Model(patience_s)
    found = recognise_whole(model, speech(18))
    assert len(found.text.split()) == 36
    assert model.asked_s == pytest.approx(asked_s, abs=0.2)
    assert found.confidence == 1.0 / len(asked_s)


def test_recursion_ends_when_halves_give_no_more_text() -> None:
    model = Model(patience_s=0.0)
    assert len(recognise_whole(model, speech(20)).text.split()) >= 3
    assert len(model.asked_s) < 12


def test_silence_is_recognised_once() -> None:
    asked: list[int] = []

    def nothing(pcm: Pcm) -> Recognition:
        asked.append(pcm.size)
        return Recognition("", 0.0)

    assert recognise_whole(nothing, speech(20)).text == ""
    assert len(asked) == 1
