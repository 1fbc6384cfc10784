"""RecordingSession: a recording in progress, from its tap to its files."""

import asyncio
import errno
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Final

import numpy as np

from mixminus.clock import Clock
from mixminus.mixer import Tap, TapRecord
from mixminus.model.recording import PauseMode, Recording, RecordingOptions
from mixminus.recording.errors import RecordingNotPaused, RecordingPaused
from mixminus.recording.journal import Entry
from mixminus.recording.layout import MAIN, Layout, SampleClock, place
from mixminus.recording.tracks import TrackSet
from mixminus.tasks import Interrupted, unless

__all__ = ["RecordingSession"]

# A crash loses less than a second: this, plus what is not synced yet. The tap's ring holds ten seconds.
_PERIOD_S: Final = 0.25
_STEP_SAMPLES: Final = 1 << 18
_MAX_EVENTS: Final = 4096
_SILENCE_LEVEL: Final = 100
"""Samples of a silent room stay below: -50 dBov."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class RecordingSession:
    """Owns a tap and the files it is written to; disk work runs in ``disk``, one step at a time."""

    def __init__(
        self, recording: Recording, options: RecordingOptions, *, tap: Tap, layout: Layout, tracks: TrackSet
    ) -> None:
        self.recording = recording
        self.options = options
        self.captured: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when all captured audio is in the files."""
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the recording has ended in files and database, or is left to the next start."""
        self.error = ""
        """Why it was cut short, or empty."""
        self.layout = layout
        self.tracks = tracks
        self.progress: float | None = None
        self.dropped_events = 0
        self.unwatch: Callable[[], None] = lambda: None
        self._stop: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tap = tap
        self._clock = SampleClock()
        self._done = 0
        self._held: list[TapRecord] = []
        self._events: list[tuple[int, Entry]] = []
        self._last_sound = 0

    @property
    def paused(self) -> PauseMode:
        return self._clock.mode

    @property
    def sample_rate_hz(self) -> int:
        return self._tap.sample_rate_hz

    @property
    def duration_s(self) -> float:
        """Captured duration by the tap's clock, pauses included."""
        return self._done / self._tap.sample_rate_hz

    def stop(self) -> None:
        """Stop capturing; ``run`` writes what was captured so far, and returns."""
        if not self._stop.done():
            self._stop.set_result(None)

    def pause(self, mode: PauseMode) -> None:
        """Pause from this sample on; RecordingPaused if it is already paused."""
        if self.paused is not PauseMode.NONE:
            raise RecordingPaused(f"recording {self.recording.id} is paused")
        self._mark(mode)

    def resume(self) -> None:
        """Resume from this sample on; RecordingNotPaused if it is not paused."""
        if self.paused is PauseMode.NONE:
            raise RecordingNotPaused(f"recording {self.recording.id} is not paused")
        self._mark(PauseMode.NONE)

    def note(self, event: str, **fields: object) -> None:
        """Add an event at this sample to the timeline."""
        if len(self._events) >= _MAX_EVENTS:
            self.dropped_events += 1
            return
        self._events.append((self._position(), {"type": "event", "event": event, **fields}))

    async def run(self, disk: Executor, clock: Clock) -> None:
        """Write until stopped, full or silent for too long; tap and files are closed on return."""
        try:
            while not self.tracks.full and not self._silent():
                try:
                    await unless([self._stop], clock.sleep(_PERIOD_S))
                except Interrupted:
                    break
                await self._drain(disk)
            await self._drain(disk)
        except OSError as exc:
            self.error = "disk_full" if exc.errno in _FULL else "disk_failed"
        finally:
            await self.close(disk)
            self.captured.set_result(None)

    async def close(self, disk: Executor) -> None:
        """Close the tap and the files."""
        self.unwatch()
        self._tap.close()
        await asyncio.get_running_loop().run_in_executor(disk, self.tracks.end, self.error)

    def _mark(self, mode: PauseMode) -> None:
        if mode is PauseMode.NONE:
            self.note("resumed")
        else:
            self.note("paused", mode=mode.value)
        self._clock.mark(self._position(), mode)

    def _position(self) -> int:
        return max(self._tap.position, self._done)

    def _silent(self) -> bool:
        limit = self.options.end_of_silence_s * self._tap.sample_rate_hz
        return bool(limit) and self.tracks.samples - self._last_sound >= limit

    async def _drain(self, disk: Executor) -> None:
        # Position first: records up to it are in the ring by then; later ones are kept for the next drain.
        position = self._position()
        records = [*self._held, *self._tap.read()]
        events, self._events = self._events, []
        begin, self._done = self._done, position
        self._held = [each for each in records if each.first_sample + each.pcm.size > position]
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(disk, self._write, records, begin, position, events)

    def _write(
        self, records: Sequence[TapRecord], begin: int, end: int, events: Sequence[tuple[int, Entry]]
    ) -> None:
        noted = [entry | {"at": self._clock.file_sample(at)} for at, entry in events]
        if begin == end:
            self.tracks.write({}, 0, noted)
        for at in range(begin, end, _STEP_SAMPLES):
            until = min(at + _STEP_SAMPLES, end)
            lines = place((each for each in records if each.first_sample < until), self._clock, at, until)
            samples = self._clock.file_sample(until) - self._clock.file_sample(at)
            tracks = self.layout.tracks(lines, samples)
            if self.options.end_of_silence_s:
                loud = np.flatnonzero(np.abs(tracks[MAIN].reshape(samples, -1)).max(axis=1) > _SILENCE_LEVEL)
                self._last_sound = self.tracks.samples + int(loud[-1]) if loud.size else self._last_sound
            self.tracks.write(tracks, samples, noted if until == end else ())
