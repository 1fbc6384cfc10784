"""Detection of answering machines on real recordings, and on what must not mislead it."""

import numpy as np
import pytest
from bench.answering_machines import LONG_S, RATE_HZ, SHORT_S, answer, corpus, detect, variants

from mixminus.call.answer_detector import GREETING_S, PAUSE_S, SILENCE_S
from mixminus.model.call import AnsweredBy
from tests.support.prompts import prompt
from tests.support.tones import Pcm, tone

LEAST_RIGHT = 0.95


def silence(seconds: float) -> Pcm:
    return np.zeros(int(seconds * RATE_HZ), np.int16)


def test_people_say_little_and_wait() -> None:
    found = [detect(heard) for pcm in corpus(*SHORT_S) for _, heard in variants(answer(pcm))]
    assert len(found) > 300
    assert sum(each.by is AnsweredBy.HUMAN for each in found) >= LEAST_RIGHT * len(found)


@pytest.mark.parametrize("beep", [False, True])
def test_machines_talk_on_and_beep(beep: bool) -> None:
    expected = AnsweredBy.BEEP if beep else AnsweredBy.MACHINE
    recordings = (np.concatenate([pcm, silence(0.5), prompt("beep", RATE_HZ)]) for pcm in corpus(*LONG_S))
    found = [detect(heard, beep=beep) for pcm in recordings for _, heard in variants(answer(pcm))]
    assert len(found) > 100
    assert sum(each.by is expected for each in found) >= LEAST_RIGHT * len(found)


def test_times_are_of_the_greeting() -> None:
    word = prompt("goodbye", RATE_HZ)
    found = detect(np.concatenate([silence(1.0), word, silence(2.0)]))
    assert found.by is AnsweredBy.HUMAN
    assert found.greeting_ms < GREETING_S * 1000
    assert 1000 + PAUSE_S * 1000 < found.at_ms < 1000 + word.size / RATE_HZ * 1000 + PAUSE_S * 1000 + 40


@pytest.mark.parametrize(
    "pcm",
    [
        pytest.param(silence(8.0), id="silence"),
        pytest.param(np.random.default_rng(1).normal(0, 60, 8 * RATE_HZ).astype(np.int16), id="noise"),
        pytest.param(tone(2100.0, 8.0, sample_rate_hz=RATE_HZ), id="fax"),
    ],
)
def test_no_voice_is_unknown(pcm: Pcm) -> None:
    found = detect(pcm)
    assert (found.by, found.greeting_ms) == (AnsweredBy.UNKNOWN, 0)
    assert found.at_ms >= SILENCE_S * 1000


@pytest.mark.parametrize("hz", [425.0, 850.0, 1000.0, 1400.0, 2000.0])
def test_beep_is_reported_at_its_end(hz: float) -> None:
    beep = tone(hz, 0.5, sample_rate_hz=RATE_HZ)
    found = detect(np.concatenate([silence(1.0), beep, silence(1.0)]), beep=True)
    assert found.by is AnsweredBy.BEEP
    assert 1480 <= found.at_ms <= 1540
