"""The segmenter cuts a stem in silence; the voice detector of these tests measures loudness."""

from collections.abc import Iterable

import numpy as np
import pytest

from mixminus.speech.recognition.messages import SAMPLE_RATE_HZ, Pcm
from mixminus.speech.recognition.segmenter import (
    MAX_SAMPLES,
    WINDOW_SAMPLES,
    Segmenter,
    SpeechBegan,
    Utterance,
)
from tests.support.tone_engine import Loudness
from tests.support.tones import tone

FRAME = SAMPLE_RATE_HZ // 50


def voice(seconds: float) -> Pcm:
    return tone(440.0, seconds, sample_rate_hz=SAMPLE_RATE_HZ)


def listen(stretches: Iterable[tuple[float, Pcm]]) -> list[SpeechBegan | Utterance]:
    """Return what the segmenter yields for stretches that begin at these seconds, fed frame by frame."""
    segmenter = Segmenter(Loudness())
    found: list[SpeechBegan | Utterance] = []
    for begin_s, pcm in stretches:
        first = round(begin_s * SAMPLE_RATE_HZ)
        found += segmenter.advance(first)
        for at in range(0, pcm.size, FRAME):
            found += segmenter.hear(first + at, pcm[at : at + FRAME])
    found += segmenter.finish()
    return found


def spans(found: Iterable[SpeechBegan | Utterance]) -> list[tuple[float, float]]:
    """Return begin and end of each utterance, in seconds."""
    return [
        (each.first_sample / SAMPLE_RATE_HZ, each.end_sample / SAMPLE_RATE_HZ)
        for each in found
        if isinstance(each, Utterance)
    ]


@pytest.mark.parametrize(
    ("stretches", "expected"),
    [
        pytest.param([(0.0, voice(1.0))], [(0.0, 1.2)], id="one"),
        pytest.param([(3600.0, voice(1.0))], [(3600.0, 3601.2)], id="after an hour of nothing"),
        pytest.param([(0.0, voice(0.5)), (1.0, voice(0.5))], [(0.0, 1.7)], id="a short pause is part of it"),
        pytest.param([(0.0, voice(0.5)), (1.2, voice(0.5))], [(0.0, 0.7), (0.9, 1.9)], id="a pause ends it"),
        pytest.param([(0.0, voice(0.5)), (60.0, voice(0.5))], [(0.0, 0.7), (60.0, 60.7)], id="a long gap"),
        pytest.param([(0.0, voice(0.06))], [], id="a knock"),
        pytest.param(
            [(0.0, voice(41.0))], [(0.0, 20.0), (20.0, 40.0), (40.0, 41.2)], id="who never stops is cut"
        ),
    ],
)
def test_utterances(stretches: list[tuple[float, Pcm]], expected: list[tuple[float, float]]) -> None:
    # Accurate to a window of the detector.
    found = spans(listen(stretches))
    assert len(found) == len(expected)
    for span, wanted in zip(found, expected, strict=True):
        assert span == pytest.approx(wanted, abs=2 * WINDOW_SAMPLES / SAMPLE_RATE_HZ)


def test_beginning_precedes_each_utterance() -> None:
    found = listen([(0.0, voice(1.0)), (0.0, voice(0.0)), (5.0, voice(1.0))])
    assert [type(each) for each in found] == [SpeechBegan, Utterance, SpeechBegan, Utterance]
    begans = [each.first_sample for each in found if isinstance(each, SpeechBegan)]
    assert begans == [each.first_sample for each in found if isinstance(each, Utterance)]


def test_utterance_contains_the_exact_samples() -> None:
    said = voice(1.0)
    (utterance,) = [each for each in listen([(2.0, said)]) if isinstance(each, Utterance)]
    at = 2 * SAMPLE_RATE_HZ - utterance.first_sample
    assert np.array_equal(utterance.pcm[at : at + said.size], said)


def test_repeated_samples_are_skipped() -> None:
    segmenter = Segmenter(Loudness())
    said = voice(1.0)
    found = [*segmenter.hear(0, said), *segmenter.hear(0, said), *segmenter.finish()]
    assert spans(found) == spans(listen([(0.0, said)]))


def test_silence_is_not_passed_to_the_detector() -> None:
    looked = []

    class Counting(Loudness):
        def probability(self, window: np.ndarray[tuple[int], np.dtype[np.float32]]) -> float:
            looked.append(window)
            return super().probability(window)

    segmenter = Segmenter(Counting())
    for second in range(3600):
        assert not list(segmenter.advance(second * SAMPLE_RATE_HZ))
    assert looked == []


def test_utterance_length_is_limited() -> None:
    for each in listen([(0.0, voice(65.0))]):
        assert isinstance(each, SpeechBegan) or each.pcm.size <= MAX_SAMPLES
