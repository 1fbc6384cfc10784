"""Uploads: the recordings that are copied to the storage while they run, each by a task that sleeps between two parts.

No recording waits for them. They have threads of their own, at most one part for each recording is on its way, and a storage
that is slow or away makes the next parts longer and later.
"""

import asyncio
import functools
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from mixminus.clock import Clock
from mixminus.log import get, task_failed
from mixminus.model.ids import RecordingId
from mixminus.recording.part_upload import PartUpload
from mixminus.recording.session import RecordingSession
from mixminus.recording.storage import Storage
from mixminus.tasks import Interrupted, TaskScope, unless
from mixminus.threads import named_threads

__all__ = ["Uploads"]

_THREADS: Final = 4
_LAST_PARTS_S: Final = 5.0
"""For how long a closing server stores the last parts of what it leaves to be completed by the next start."""

T = TypeVar("T")
log = get("recording")


@dataclass(frozen=True, slots=True)
class _Running:
    session: RecordingSession
    upload: PartUpload
    task: asyncio.Task[None]


class Uploads:
    """Copies running recordings to a storage; does nothing without one that outlives this machine's disk."""

    def __init__(
        self, storage: Storage, clock: Clock, *, directory: Path, part_s: float, counters: Counter[str]
    ) -> None:
        """``part_s``: seconds between two parts of a recording; 0 for none."""
        self.storage = storage
        self.store = storage.parts
        self._clock = clock
        self._directory = directory
        self._part_s = part_s
        self._counters = counters
        self._closing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._running: dict[RecordingId, _Running] = {}
        self._threads = named_threads(_THREADS, "mm-parts")
        self._scope = TaskScope(task_failed("recording parts"))

    def begin(self, session: RecordingSession) -> None:
        """Copy a recording from now on, until it is dropped."""
        if self.store is None or not self._part_s:
            return
        recording_id = session.recording.id
        upload = PartUpload(
            self.store,
            recording_id,
            self._directory / str(recording_id),
            lambda: session.tracks.samples,
            self._counters,
        )
        task = self._scope.spawn(f"parts of {recording_id}", self._copy(session, upload))
        self._running[recording_id] = _Running(session, upload, task)

    async def drop(self, recording_id: RecordingId) -> None:
        """Copy a recording no more, and delete its parts: its files are stored. What is not deleted, maintenance deletes."""
        if running := self._running.pop(recording_id, None):
            running.task.cancel()
            await self.in_thread(running.upload.stop)
        if self.store is None:
            return
        try:
            await self.in_thread(functools.partial(self.store.delete, recording_id))
        except OSError as exc:
            self._counters["recording.parts_failed"] += 1
            log.warning("parts not deleted", recording_id=str(recording_id), cause=str(exc))

    def lag_s(self) -> float:
        """Return the most that a recording has on the disk and not in the storage."""
        return max((_lag_s(each) for each in self._running.values()), default=0.0)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run a blocking function in the threads of parts; return its result."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def close(self) -> None:
        """Let the last parts be stored, for some seconds, then stop; closing twice is harmless."""
        if not self._closing.done():
            self._closing.set_result(None)
        if tasks := [each.task for each in self._running.values()]:
            await asyncio.wait(tasks, timeout=_LAST_PARTS_S)
        await self._scope.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _copy(self, session: RecordingSession, upload: PartUpload) -> None:
        """Copy what is new whenever a part is due, until all is: a recording that is stored before is copied no more."""
        fails = False
        while True:
            with suppress(Interrupted):
                await unless([self._closing], self._clock.sleep(self._part_s))
            is_last = session.captured.done()
            fails = await self._fails(upload, failed=fails)
            if self._closing.done() or (is_last and not fails):
                return

    async def _fails(self, upload: PartUpload, *, failed: bool) -> bool:
        """Copy what is new; return whether the storage did not take all of it."""
        try:
            await self.in_thread(upload.copy)
        except OSError as exc:
            self._counters["recording.parts_failed"] += 1
            if not failed:
                log.warning("part of a recording not stored", cause=str(exc))
            return True
        return False


def _lag_s(running: _Running) -> float:
    session = running.session
    return (session.tracks.samples - running.upload.samples) / session.sample_rate_hz
