"""What a worker recognises when, for speech with pauses. The engine counts its calls."""

import queue
import threading
from collections.abc import Iterator

import pytest

from mixminus.speech.recognition.engine import Recognition
from mixminus.speech.recognition.messages import (
    SAMPLE_RATE_HZ,
    Advance,
    Hear,
    Interim,
    Open,
    Pcm,
    Recognised,
    Report,
)
from mixminus.speech.recognition.segmenter import Segmenter
from mixminus.speech.recognition.worker import Stem, WorkQueue
from tests.support.tone_engine import Loudness
from tests.support.tones import tone

PATIENCE_S = 15.0
NAME, STEM = "session", 7


class Counting:
    """Recognises a tone by its length, and records its calls."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def voice_detector(self) -> Loudness:
        return Loudness()

    def recognise(self, pcm: Pcm, language: str) -> Recognition:
        self.asked.append(pcm.size)
        return Recognition(f"{pcm.size} samples", 0.9)


class Worker:
    """A work queue, and the thread that processes it."""

    def __init__(self) -> None:
        self.engine = Counting()
        self._reports: queue.Queue[Report] = queue.Queue()
        self._work_queue = WorkQueue(self.engine.voice_detector, self._reports.put)
        self._thread = threading.Thread(target=self._work_queue.work, args=(self.engine,))
        self._thread.start()
        self._work_queue.handle(Open(NAME, "en"))
        self._sample = 0

    def say(self, seconds: float) -> None:
        pcm = tone(440.0, seconds, sample_rate_hz=SAMPLE_RATE_HZ)
        self._work_queue.handle(Hear(NAME, STEM, self._sample, pcm))
        self.rest(seconds)

    def rest(self, seconds: float) -> None:
        self._sample += round(seconds * SAMPLE_RATE_HZ)
        self._work_queue.handle(Advance(NAME, self._sample))

    def wait_for(self, type_: type[Report]) -> Report:
        """Return the next report of a type."""
        while not isinstance(report := self._reports.get(timeout=PATIENCE_S), type_):
            continue
        return report

    def close(self) -> None:
        self._work_queue.end()
        self._thread.join()


@pytest.fixture
def worker() -> Iterator[Worker]:
    running = Worker()
    yield running
    running.close()


def test_text_recognised_in_the_last_pause_is_reused(worker: Worker) -> None:
    worker.say(1.0)
    worker.wait_for(Interim)
    worker.rest(0.5)
    interim = worker.wait_for(Interim)
    asked = tuple(worker.engine.asked)
    worker.rest(0.5)
    final = worker.wait_for(Recognised)
    assert isinstance(interim, Interim) and isinstance(final, Recognised)
    assert final.text == interim.text == f"{final.end_sample - final.first_sample} samples"
    assert tuple(worker.engine.asked) == asked


def test_speech_after_a_pause_is_recognised_with_what_came_before(worker: Worker) -> None:
    worker.say(1.0)
    worker.wait_for(Interim)
    worker.rest(0.5)
    interim = worker.wait_for(Interim)
    worker.say(1.0)
    worker.rest(2.0)
    final = worker.wait_for(Recognised)
    assert isinstance(interim, Interim) and isinstance(final, Recognised)
    assert final.end_sample - final.first_sample > 2 * SAMPLE_RATE_HZ
    assert final.text == f"{final.end_sample - final.first_sample} samples" != interim.text
    assert final.first_sample == interim.first_sample


def test_empty_interim_text_is_retried_sooner() -> None:
    stem = Stem(Segmenter(Loudness()))
    said = 0

    def say(seconds: float) -> None:
        nonlocal said
        pcm = tone(440.0, seconds, sample_rate_hz=SAMPLE_RATE_HZ)
        list(stem.segmenter.hear(said, pcm))
        said += pcm.size

    say(0.4)
    assert stem.growth() is None
    say(0.2)
    assert stem.growth()
    say(0.35)
    assert stem.growth() is None
    stem.show_sooner()
    assert stem.growth()
    say(0.9)
    assert stem.growth() is None
    say(0.2)
    assert stem.growth()
