"""Sources of a session: a tap or the files of a recording, and the speaker of each stem."""

import asyncio
import functools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO, Final, Protocol
from uuid import UUID

import av
import numpy as np
import orjson

from mixminus.clock import Clock
from mixminus.mixer import Tap
from mixminus.model.recording import Recording
from mixminus.model.transcription import NO_SPEAKER, Speaker
from mixminus.recording.completion import TIMELINE
from mixminus.recording.layout import MAIN
from mixminus.recording.storage import Storage
from mixminus.speech.recognition.command_queue import CommandQueue
from mixminus.speech.recognition.messages import SAMPLE_RATE_HZ, Advance, Hear, Pcm
from mixminus.tasks import Interrupted, unless

__all__ = ["FileSource", "Source", "Speakers", "TapSource", "Track", "tracks_of"]

# Adds a tenth of a second to partial results; the tap's ring holds a hundred times as much.
_PERIOD_S: Final = 0.1
_PIECE_SAMPLES: Final = SAMPLE_RATE_HZ
# A recording is read only as fast as it is recognised.
_AHEAD_S: Final = 120.0
# The speaker is looked up slightly after the audio, and an utterance begins with its pre-roll.
_SLACK_SAMPLES = SAMPLE_RATE_HZ // 2


class Speakers:
    """The speaker of each stem: a call that rejoins is another participant in the same stem."""

    def __init__(self) -> None:
        self._known: dict[int, list[tuple[int, Speaker]]] = defaultdict(list)

    def note(self, stem: int, sample: int, speaker: Speaker) -> None:
        """Set the speaker of a stem from a sample on."""
        known = self._known[stem]
        if not known or known[-1][1] != speaker:
            known.append((sample, speaker))

    def at(self, stem: int, sample: int) -> Speaker:
        """Return the speaker of a stem at a sample; before the first known one, the first."""
        known = self._known.get(stem)
        if not known:
            return NO_SPEAKER
        return next(
            (speaker for since, speaker in reversed(known) if since <= sample + _SLACK_SAMPLES), known[0][1]
        )


class Source(Protocol):
    """Audio to transcribe."""

    async def listen(self, queue: CommandQueue, stop: asyncio.Future[None]) -> None:
        """Queue audio until ``stop`` is done or the audio ends."""
        ...

    def drain(self, queue: CommandQueue) -> None:
        """Queue what has arrived by now: the bridge is about to close."""
        ...


class TapSource:
    """The wanted stems of a bridge's or call's tap; owns the tap."""

    def __init__(
        self,
        tap: Tap,
        clock: Clock,
        *,
        wanted: Callable[[int], bool],
        speakers: Speakers,
        speaker_of: Callable[[int], Speaker | None],
        over: Callable[[], bool] = lambda: False,
    ) -> None:
        self._tap = tap
        self._clock = clock
        self._wanted = wanted
        self._speakers = speakers
        self._speaker_of = speaker_of
        self._over = over

    async def listen(self, queue: CommandQueue, stop: asyncio.Future[None]) -> None:
        try:
            while not (self._tap.closed or self._over()):
                try:
                    await unless([stop], self._clock.sleep(_PERIOD_S))
                except Interrupted:
                    break
                self.drain(queue)
            self.drain(queue)
        finally:
            self._tap.close()

    def drain(self, queue: CommandQueue) -> None:
        # Position first: records up to it are in the ring by then, so only audio before it may be taken as silence.
        position = self._tap.position
        stems: dict[int, list[tuple[int, Pcm]]] = defaultdict(list)
        for record in self._tap.read():
            if self._wanted(record.port_id):
                stems[record.port_id].append((record.first_sample, record.pcm))
        for stem, records in stems.items():
            if speaker := self._speaker_of(stem):
                self._speakers.note(stem, records[0][0], speaker)
            for first_sample, pcm in _joined(records):
                queue.put(Hear(queue.session, stem, first_sample, pcm))
        queue.put(Advance(queue.session, position))


class FileSource:
    """The files of a recording, each a stem, all starting at the same sample."""

    def __init__(self, files: Mapping[int, Callable[[], BinaryIO]], clock: Clock) -> None:
        """``files`` are functions that open each stem's file; they block, and are called in a thread."""
        self._files = files
        self._clock = clock

    async def listen(self, queue: CommandQueue, stop: asyncio.Future[None]) -> None:
        loop = asyncio.get_running_loop()
        pieces = {stem: _pieces(opened) for stem, opened in self._files.items()}
        sample = 0
        while pieces and not stop.done():
            for stem, more in tuple(pieces.items()):
                pcm = await loop.run_in_executor(None, next, more, None)
                if pcm is None:
                    del pieces[stem]
                elif pcm.any():
                    queue.put(Hear(queue.session, stem, sample, pcm))
            sample += _PIECE_SAMPLES
            queue.put(Advance(queue.session, sample))
            while queue.behind_s > _AHEAD_S and not stop.done():
                await self._clock.sleep(_PERIOD_S)

    def drain(self, queue: CommandQueue) -> None:
        """Do nothing: files do not close."""


def _joined(records: list[tuple[int, Pcm]]) -> Iterator[tuple[int, Pcm]]:
    """Join contiguous ranges."""
    if not records:
        return
    first, parts = records[0][0], [records[0][1]]
    end = first + parts[0].size
    for sample, pcm in records[1:]:
        if sample != end:
            yield first, np.concatenate(parts)
            first, parts = sample, []
        parts.append(pcm)
        end = sample + pcm.size
    yield first, np.concatenate(parts)


def _pieces(opened: Callable[[], BinaryIO]) -> Iterator[Pcm]:
    """Decode a file of any format, a second at a time."""
    rest: Pcm = np.empty(0, np.int16)
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
    with opened() as file, av.open(file, "r") as container:
        for frame in chain(container.decode(audio=0), (None,)):
            for out in resampler.resample(frame):
                rest = np.concatenate((rest, out.to_ndarray().reshape(-1)))
            while rest.size >= _PIECE_SAMPLES:
                yield rest[:_PIECE_SAMPLES]
                rest = rest[_PIECE_SAMPLES:]
    if rest.size:
        yield rest


@dataclass(frozen=True, slots=True)
class Track:
    """A file, and its speakers by the sample from which on they speak, at SAMPLE_RATE_HZ."""

    open: Callable[[], BinaryIO]
    speakers: tuple[tuple[int, Speaker], ...] = ()


def tracks_of(storage: Storage, recording: Recording) -> dict[int, Track]:
    """Return the stems of a recording, numbered from 1; the mix if it has none. Blocks; FileNotFoundError."""
    mix = recording.files[0]["name"] if recording.files else f"{MAIN}.wav"
    storage.size(recording.id, mix)  # raises if it was deleted

    def opened(name: str) -> Callable[[], BinaryIO]:
        return functools.partial(storage.open, recording.id, name)

    try:
        with storage.open(recording.id, TIMELINE) as file:
            timeline = orjson.loads(file.read())
    except FileNotFoundError:  # of an older version: one file
        return {1: Track(opened(mix))}
    stems = [each for each in timeline["files"] if each["name"] != mix]
    speakers = _speakers([line["entry"] for line in timeline["entries"]])
    tracks = {
        number: Track(
            opened(each["name"]),
            tuple(speakers.get(each["track"], [(0, Speaker(label=each["track"]))])),
        )
        for number, each in enumerate(stems, 1)
    }
    return tracks or {1: Track(opened(mix))}


def _speakers(entries: list[dict[str, Any]]) -> dict[str, list[tuple[int, Speaker]]]:
    """Return the participants on each port, and when they joined."""
    found: dict[str, list[tuple[int, Speaker]]] = defaultdict(list)
    rate_hz = entries[0]["sample_rate_hz"]
    for entry in entries:
        if entry.get("event") == "joined" and "conferencecall_id" in entry:
            speaker = Speaker(UUID(entry["conferencecall_id"]), UUID(entry["call_id"]))
            at = entry["at"] * SAMPLE_RATE_HZ // rate_hz
            found[f"port-{entry['port']}"].append((at, speaker))
    return found
