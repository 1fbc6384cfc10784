"""The recogniser process: ``python -m mixminus.speech.recognition.worker ENGINE FOLDER LEVEL json|text``.

Commands arrive on stdin, reports go to stdout; the process exits when stdin closes. One thread reads
commands, detects voice and cuts utterances; the main thread recognises finished utterances in order, and
in between the text so far of utterances in progress.
"""

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from mixminus import log
from mixminus.speech.recognition.engine import Engine, Recognition, VoiceDetector, loader
from mixminus.speech.recognition.messages import (
    HEADER,
    SAMPLE_RATE_HZ,
    Acknowledged,
    Advance,
    Command,
    Finish,
    Finished,
    Hear,
    Interim,
    Open,
    Ping,
    Pinged,
    Ready,
    Recognised,
    Report,
    SpeechEnded,
    SpeechStarted,
    decode,
    encode,
    lengths,
)
from mixminus.speech.recognition.segmenter import Segmenter, SpeechBegan, Utterance
from mixminus.threads import name_thread

__all__ = ["Stem", "WorkQueue", "main"]

# Mixing has priority: recognition uses the remaining time of the cores.
NICENESS: Final = 10
FIRST_PARTIAL_SAMPLES: Final = SAMPLE_RATE_HZ // 2
NEXT_PARTIAL_SAMPLES: Final = SAMPLE_RATE_HZ
"""Growth of an utterance before it is recognised again."""
AGAIN_SAMPLES: Final = 3 * SAMPLE_RATE_HZ // 10
"""Growth where the last text was empty."""


@dataclass(slots=True)
class EarlyResult:
    """The recognition of an utterance that a pause has most likely ended."""

    first_sample: int
    end_sample: int
    recognition: Recognition | None = None

    def matches(self, utterance: Utterance) -> bool:
        return (self.first_sample, self.end_sample) == (utterance.first_sample, utterance.end_sample)


@dataclass(slots=True)
class Stem:
    """One stem of a session."""

    segmenter: Segmenter
    shown_samples: int = 0
    """Length of the utterance in progress when it was last recognised."""
    early_result: EarlyResult | None = None
    """Of the last pause."""

    def pause(self) -> Utterance | None:
        """Return the utterance that a pause has most likely ended, once: its text is then available early."""
        utterance = self.segmenter.pausing()
        if utterance is None or (self.early_result and self.early_result.matches(utterance)):
            return None
        self.early_result = EarlyResult(utterance.first_sample, utterance.end_sample)
        self.shown_samples = utterance.pcm.size
        return utterance

    def growth(self) -> Utterance | None:
        """Return the utterance in progress if it has grown enough.

        None in a pause, which ``pause`` handles.
        """
        utterance = None if self.segmenter.quiet else self.segmenter.growing()
        more = NEXT_PARTIAL_SAMPLES if self.shown_samples else FIRST_PARTIAL_SAMPLES
        if utterance is None or utterance.pcm.size < self.shown_samples + more:
            return None
        self.shown_samples = utterance.pcm.size
        return utterance

    def show_sooner(self) -> None:
        """Recognise again after less growth than usual."""
        self.shown_samples -= NEXT_PARTIAL_SAMPLES - AGAIN_SAMPLES


@dataclass(slots=True)
class Session:
    """State of one session."""

    language: str
    sample: int = 0
    stems: dict[int, Stem] = field(default_factory=dict)
    waiting: deque[tuple[int, Utterance]] = field(default_factory=deque)
    finishing: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """An utterance to recognise, complete or in progress."""

    name: str
    session: Session
    stem: int
    utterance: Utterance
    whole: bool
    early_result: EarlyResult | None = None

    def recognise(self, engine: Engine) -> Recognition:
        """Return the text; reuse the result of the last pause if it was of the same audio."""
        known = self.early_result.recognition if self.early_result else None
        return known or engine.recognise(self.utterance.pcm, self.session.language)


class WorkQueue:
    """The state shared by both threads, under one lock."""

    def __init__(self, detector: Callable[[], VoiceDetector], report: Callable[[Report], None]) -> None:
        self._detector = detector
        self._report = report
        self._sessions: dict[str, Session] = {}
        self._queue: deque[str] = deque()
        """Session names, one for each utterance that waits."""
        self._changed = threading.Condition()
        self._ended = False

    def handle(self, command: Command) -> None:
        """Handle a command."""
        with self._changed:
            if isinstance(command, Ping):
                self._report(Pinged())
            elif isinstance(command, Open):
                self._sessions[command.session] = Session(command.language)
            elif (session := self._sessions.get(command.session)) is not None:
                self._process(session, command)
                self._acknowledge(command.session, session)
            self._changed.notify()

    def end(self) -> None:
        """Make ``work`` return."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def work(self, engine: Engine) -> None:
        """Recognise utterances until ``end`` is called."""
        while True:
            with self._changed:
                work = None
                while not self._ended and (work := self._next()) is None:
                    self._changed.wait()
            if work is None:
                return
            recognition = work.recognise(engine)
            with self._changed:
                self._report_result(work, recognition)

    def _next(self) -> "Work | None":
        if not self._queue:
            return self._next_partial()
        name = self._queue.popleft()
        session = self._sessions[name]
        number, utterance = session.waiting[0]
        early_result = session.stems[number].early_result
        matches = early_result is not None and early_result.matches(utterance)
        return Work(
            name, session, number, utterance, whole=True, early_result=early_result if matches else None
        )

    def _report_result(self, work: "Work", recognition: Recognition) -> None:
        utterance = work.utterance
        if work.whole:
            work.session.waiting.popleft()
            span = (work.stem, utterance.first_sample, utterance.end_sample)
            self._report(Recognised(work.name, *span, recognition.text, recognition.confidence))
            self._acknowledge(work.name, work.session)
            return
        if work.early_result:
            work.early_result.recognition = recognition
        if not _is_current(work):
            return
        if recognition.text:
            self._report(Interim(work.name, work.stem, utterance.first_sample, recognition.text))
        else:
            work.session.stems[work.stem].show_sooner()

    def _process(self, session: Session, command: Hear | Advance | Finish) -> None:
        if isinstance(command, Hear):
            stem = session.stems.get(command.stem)
            if stem is None:
                stem = session.stems[command.stem] = Stem(Segmenter(self._detector()))
            found = stem.segmenter.hear(command.first_sample, command.pcm)
            self._report_spans(command.session, command.stem, stem, found)
            return
        session.finishing = isinstance(command, Finish)
        if isinstance(command, Advance):
            session.sample = max(session.sample, command.sample)
        for number, stem in session.stems.items():
            segmenter = stem.segmenter
            found = segmenter.finish() if session.finishing else segmenter.advance(session.sample)
            self._report_spans(command.session, number, stem, found)

    def _report_spans(
        self, name: str, number: int, stem: Stem, found: Iterator[SpeechBegan | Utterance]
    ) -> None:
        for each in found:
            if isinstance(each, SpeechBegan):
                self._report(SpeechStarted(name, number, each.first_sample))
                continue
            stem.shown_samples = 0
            self._report(SpeechEnded(name, number, each.first_sample, each.end_sample))
            self._sessions[name].waiting.append((number, each))
            self._queue.append(name)

    def _next_partial(self) -> "Work | None":
        """Return a pause, or an utterance that has grown enough."""
        for name, session in self._sessions.items():
            for number, stem in session.stems.items():
                if (utterance := stem.pause()) is not None:
                    return Work(name, session, number, utterance, whole=False, early_result=stem.early_result)
                if (utterance := stem.growth()) is not None:
                    return Work(name, session, number, utterance, whole=False)
        return None

    def _acknowledge(self, name: str, session: Session) -> None:
        """Report up to which sample the session need not be sent again."""
        stems = (stem.segmenter for stem in session.stems.values())
        open_from = [segmenter.needs_from for segmenter in stems if segmenter.speaking]
        waits_from = [utterance.first_sample for _, utterance in session.waiting]
        waiting = max(0, session.sample - session.waiting[0][1].end_sample) if session.waiting else 0
        done_to = min([session.sample, *open_from, *waits_from])
        self._report(Acknowledged(name, done_to, session.sample, waiting))
        if session.finishing and not session.waiting:
            self._report(Finished(name))
            del self._sessions[name]


def _is_current(work: Work) -> bool:
    growing = work.session.stems[work.stem].segmenter.growing()
    return growing is not None and growing.first_sample == work.utterance.first_sample


def _commands(pipe: BinaryIO) -> Iterator[Command]:
    while header := pipe.read(HEADER.size):
        words, pcm = lengths(header)
        command = decode(pipe.read(words), pipe.read(pcm))
        assert isinstance(command, Command)
        yield command


def _read(pipe: BinaryIO, work_queue: WorkQueue) -> None:
    try:
        for command in _commands(pipe):
            work_queue.handle(command)
    except BrokenPipeError:
        pass
    finally:
        work_queue.end()


def main(name: str, folder: str, level: str, form: str) -> None:
    """Load the engine and serve until stdin ends, whatever signals the server's group of processes gets."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    log.configure(level=level, json=form == "json")
    name_thread("mm-recognition")
    os.nice(NICENESS)
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    # Output that a library prints must not end up between reports.
    os.dup2(2, 1)
    engine = loader(name)(folder)

    def report(message: Report) -> None:
        out.write(encode(message))

    work_queue = WorkQueue(engine.voice_detector, report)
    report(Ready())
    reader = threading.Thread(target=_read, args=(sys.stdin.buffer, work_queue), daemon=True)
    reader.start()
    with suppress(BrokenPipeError):  # the server has gone
        work_queue.work(engine)


if __name__ == "__main__":
    main(*sys.argv[1:5])
