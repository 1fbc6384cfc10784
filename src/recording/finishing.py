"""Finisher: encodes, stores and ends captured recordings, also those left unfinished by the previous run or a dead node."""

import asyncio
import errno
import functools
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.model.ids import RecordingId
from mixminus.model.recording import Recording
from mixminus.recording.completion import Completed, complete
from mixminus.recording.encoding import EncodingStopped
from mixminus.recording.ledger import RecordingLedger
from mixminus.recording.restoring import restore
from mixminus.recording.session import RecordingSession
from mixminus.recording.storage import LocalStorage
from mixminus.recording.uploads import Uploads
from mixminus.recording.wav import repair_wav
from mixminus.tasks import TaskScope
from mixminus.threads import name_thread, named_threads

__all__ = ["Finisher", "OnEnded"]

_DISK_THREADS: Final = 4
_IO_THREADS: Final = 2
# Lower priority than calls and rooms: a recording may be ready later.
_ENCODER_NICE: Final = 5
_RETRY_S: Final = 1.0
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_RESTORE_AGAIN_S: Final = 30.0
"""After a storage that did not answer, or a full disk."""

T = TypeVar("T")


def _begin_encoder() -> None:
    name_thread("mm-encoder")
    os.nice(_ENCODER_NICE)


log = get("recording")


OnEnded = Callable[[Recording], Awaitable[None]]


class Finisher:
    """Owns the thread pools of recordings: capturing waits neither for the encoder nor for the storage."""

    def __init__(
        self,
        ledger: RecordingLedger,
        clock: Clock,
        *,
        directory: Path,
        sample_rate_hz: int,
        uploads: Uploads,
        counters: Counter[str],
        on_ended: OnEnded,
    ) -> None:
        self._on_ended = on_ended
        self._ledger = ledger
        self._clock = clock
        self._directory = directory
        self._sample_rate_hz = sample_rate_hz
        self._storage = uploads.storage
        self._uploads = uploads
        self._counters = counters
        self.disk = named_threads(_DISK_THREADS, "mm-recording")
        """For recordings in progress."""
        self._encoder = ThreadPoolExecutor(1, thread_name_prefix="mm-encoder", initializer=_begin_encoder)
        self._io_threads = named_threads(_IO_THREADS, "mm-recordings")
        self._scope = TaskScope(task_failed("recording"))
        self._repairing: set[RecordingId] = set()
        self._closing = False
        self._stopping = False

    def stop_retrying(self) -> None:
        """Try no write again from now on: the server is stopping, and must be able to without its database."""
        self._stopping = True

    def begin_closing(self) -> None:
        """Defer long work to the next start: the server is closing."""
        self._closing = True

    async def close(self) -> None:
        """Shut down the threads; closing twice is harmless."""
        self.begin_closing()
        await self._scope.close()
        self.disk.shutdown()
        self._encoder.shutdown()
        self._io_threads.shutdown()

    async def repair(self) -> None:
        """Complete the recordings of the previous run: they end at the last sample on the disk."""
        for recording in await self._ledger.unfinished():
            if self.is_long(recording):
                await self._ledger.mark_captured(recording.id, None, "")
                self._scope.spawn(f"repair {recording.id}", self.take_up(recording))
            else:
                await self.take_up(recording)

    async def store_again(self, recording: Recording) -> None:
        """Upload an ended recording that is still on the local disk only."""
        if recording.id not in self._repairing and await self._store(recording.id, self._folder(recording)):
            await self._uploads.drop(recording.id)

    async def on_disk(self, work: Callable[[], T]) -> T:
        """Run a blocking function in the I/O threads, apart from recordings in progress.

        Return its result.
        """
        return await asyncio.get_running_loop().run_in_executor(self._io_threads, work)

    async def finish(
        self, recording: Recording, tm_end: datetime | None, session: RecordingSession | None
    ) -> None:
        """Complete a captured recording; ``tm_end`` None: the end of its files."""
        completed: Completed | None = None
        error = ""
        directory = self._folder(recording)
        is_stored = False
        try:
            completed = await self._complete(recording, functools.partial(self._progress, session))
            if not await self.retry(lambda: self._ledger.has(recording.id)):
                log.warning("recording left to another node", recording_id=str(recording.id))
                return
            is_stored = await self._store(recording.id, directory)
        except EncodingStopped:
            return
        except (OSError, ValueError, LookupError) as exc:
            log.error("recording not completed", recording_id=str(recording.id), exc_info=exc)
            error = "not_completed"
        seconds = completed.samples / completed.sample_rate_hz if completed else 0
        begin = recording.tm_start or recording.tm_create
        tm_end = tm_end or begin + timedelta(seconds=seconds)
        write = functools.partial(self._ledger.mark_ended, recording.id, tm_end, completed, error)
        if ended := await self.retry(write):
            log.info("recording ended", recording_id=str(recording.id), seconds=seconds, error=ended.error)
            await self._notify_ended(ended)
        if is_stored:
            await self._uploads.drop(recording.id)

    async def _complete(self, recording: Recording, progress: Callable[[float], bool]) -> Completed:
        """Complete the files, again and again while the disk is full; EncodingStopped if the server ends before."""
        work = functools.partial(complete, self._folder(recording), progress)
        executor = self._encoder if self.is_long(recording) else self.disk
        is_logged = False
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(executor, work)
            except OSError as error:
                if error.errno not in _FULL:
                    raise
            if self._closing or self._stopping:
                raise EncodingStopped  # the next start finds the recording unfinished
            if not is_logged:
                log.warning("recording waits for room on the disk", recording_id=str(recording.id))
                is_logged = True
            await self._clock.sleep(_RETRY_S)

    async def retry(self, write: Callable[[], Awaitable[T]]) -> T:
        """Return the result of a database write, retried until it succeeds: its disk may be full."""
        while True:
            try:
                return await write()
            except Unavailable:
                if self._closing or self._stopping:
                    raise  # the next start finds the recording unfinished
                await self._clock.sleep(_RETRY_S)

    def is_long(self, recording: Recording) -> bool:
        """Return whether completing takes longer than a moment: encoding or uploading."""
        return recording.format != "wav" or not isinstance(self._storage, LocalStorage)

    async def take_up(self, recording: Recording) -> None:
        """Complete a recording of an earlier run or of a dead node: from its folder, or from what the storage has of it."""
        if recording.id in self._repairing:
            return
        self._repairing.add(recording.id)
        try:
            if self._folder(recording).is_dir() or await self._restored(recording):
                await self.finish(recording, None, None)
            else:
                await self._repair_older(recording)
        finally:
            self._repairing.discard(recording.id)

    async def _restored(self, recording: Recording) -> bool:
        """Return whether the storage had enough of a recording for its folder; asked until it answers."""
        older = self._directory / f"{recording.id}.wav"
        if self._uploads.store is None or older.exists():
            return False
        while True:
            try:
                found = await self._uploads.in_thread(
                    functools.partial(restore, self._storage, recording, self._folder(recording))
                )
            except OSError as exc:
                self._counters["recording.restore_failed"] += 1
                log.error("recording not restored", recording_id=str(recording.id), exc_info=exc)
                await self._clock.sleep(_RESTORE_AGAIN_S)
            else:
                self._counters["recording.restored"] += found
                return found

    async def _repair_older(self, recording: Recording) -> None:
        """End a recording of an older version, which is one WAV file without a folder, or one whose files are gone."""
        path = self._directory / f"{recording.id}.wav"
        is_there = path.exists()
        samples = await self.on_disk(functools.partial(repair_wav, path)) if is_there else 0
        tm_end = (recording.tm_start or recording.tm_create) + timedelta(
            seconds=samples / self._sample_rate_hz
        )
        error = "repaired" if is_there else "lost"
        if await self._ledger.mark_ended(recording.id, tm_end, None, error) and not is_there:
            self._counters["recording.lost"] += 1

    async def _notify_ended(self, recording: Recording) -> None:
        if self._closing:
            return  # what on_ended would use has closed
        try:
            await self._on_ended(recording)
        except Exception as exc:
            log.error("on_ended failed", recording_id=str(recording.id), exc_info=exc)

    async def _store(self, recording_id: RecordingId, directory: Path) -> bool:
        """Store a folder; return whether it is stored."""
        try:
            await self.on_disk(functools.partial(self._storage.store, recording_id, directory))
        except OSError as exc:
            # The files stay in the local folder, where they are found; maintenance tries again.
            self._counters["recording.not_stored"] += 1
            log.error("recording not stored", recording_id=str(recording_id), exc_info=exc)
            return False
        return True

    def _folder(self, recording: Recording) -> Path:
        return self._directory / str(recording.id)

    def _progress(self, session: RecordingSession | None, share: float) -> bool:
        """Record the encoder's progress; called in its thread."""
        if session is not None:
            session.progress = round(share, 3)
        return not self._closing
