"""Sources: where a session's speech comes from, a tap or a recording's files, into its feed."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import BinaryIO, Final, Protocol

import av
import numpy as np

from mixminus.clock import Clock
from mixminus.mixer import Tap
from mixminus.model.transcription import Speaker
from mixminus.speech.recognition.feed import Feed
from mixminus.speech.recognition.messages import SAMPLE_RATE_HZ, Advance, Hear, Pcm
from mixminus.speech.recognition.speakers import Speakers
from mixminus.tasks import Interrupted, unless

__all__ = ["FileSource", "Source", "TapSource"]

# A tenth of a second more until a partial result; the tap's ring holds a hundred times as much.
_PERIOD_S: Final = 0.1
_PIECE_SAMPLES: Final = SAMPLE_RATE_HZ
# A recording is read only as fast as it is recognised.
_AHEAD_S: Final = 120.0


class Source(Protocol):
    """Something to listen to."""

    async def listen(self, feed: Feed, stop: asyncio.Future[None]) -> None:
        """Feed until told to stop, or until there is no more."""
        ...


class TapSource:
    """The stems of a bridge, or the ways of a call, that are wanted; owns the tap."""

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

    async def listen(self, feed: Feed, stop: asyncio.Future[None]) -> None:
        try:
            while not (self._tap.closed or self._over()):
                try:
                    await unless([stop], self._clock.sleep(_PERIOD_S))
                except Interrupted:
                    break
                self._drain(feed)
            self._drain(feed)
        finally:
            self._tap.close()

    def _drain(self, feed: Feed) -> None:
        # Position first: records up to it are in the ring by then, and silence is told only up to it.
        position = self._tap.position
        stems: dict[int, list[tuple[int, Pcm]]] = defaultdict(list)
        for record in self._tap.read():
            if self._wanted(record.port_id):
                stems[record.port_id].append((record.first_sample, record.pcm))
        for stem, records in stems.items():
            if speaker := self._speaker_of(stem):
                self._speakers.note(stem, records[0][0], speaker)
            for first_sample, pcm in _joined(records):
                feed.put(Hear(feed.session, stem, first_sample, pcm))
        feed.put(Advance(feed.session, position))


class FileSource:
    """The files of a recording, each a stem, cut at the same samples."""

    def __init__(self, files: Mapping[int, Callable[[], BinaryIO]], clock: Clock) -> None:
        """Take what opens each file where it is kept; it is called, and blocks, in a thread."""
        self._files = files
        self._clock = clock

    async def listen(self, feed: Feed, stop: asyncio.Future[None]) -> None:
        loop = asyncio.get_running_loop()
        pieces = {stem: _pieces(opened) for stem, opened in self._files.items()}
        sample = 0
        while pieces and not stop.done():
            for stem, more in tuple(pieces.items()):
                pcm = await loop.run_in_executor(None, next, more, None)
                if pcm is None:
                    del pieces[stem]
                elif pcm.any():
                    feed.put(Hear(feed.session, stem, sample, pcm))
            sample += _PIECE_SAMPLES
            feed.put(Advance(feed.session, sample))
            while feed.behind_s > _AHEAD_S and not stop.done():
                await self._clock.sleep(_PERIOD_S)


def _joined(records: list[tuple[int, Pcm]]) -> Iterator[tuple[int, Pcm]]:
    """Join stretches without a gap between them."""
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
    """Read a sound file, whatever its format, a second at a time."""
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
