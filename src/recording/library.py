"""RecordingLibrary: reads, verifies, expires and deletes recordings (api.md section 7)."""

import functools
import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

import av
import orjson

from mixminus.clock import Clock
from mixminus.errors import InvalidArgument, MixMinusError
from mixminus.log import get, task_failed
from mixminus.model.ids import CustomerId, RecordingId
from mixminus.model.recording import Recording, RecordingStatus
from mixminus.recording.completion import TIMELINE
from mixminus.recording.encoding import FORMATS, peaks
from mixminus.recording.errors import (
    FileNotFound,
    RecordingNotActive,
    RecordingNotEnded,
    RecordingUnavailable,
)
from mixminus.recording.journal import read_journal
from mixminus.recording.layout import MAIN
from mixminus.recording.service import RecordingService
from mixminus.recording.tracks import JOURNAL
from mixminus.recording.verify import Finding, verify
from mixminus.recording.wav import shape_of, wav_header
from mixminus.tasks import TaskScope

__all__ = ["RecordingLibrary", "Sound"]

_DAY_S: Final = 86_400
_EXPIRED_AT_ONCE: Final = 10_000
_MAX_FAILURES: Final = 100
"""Of one pass: a storage that does not answer is asked again in the next one."""
_MAINTENANCE_S: Final = 3600.0
_MEDIA_TYPES: Final = {each.extension: each.media_type for each in FORMATS.values()}
_NOT_A_SOUND: Final = (av.FFmpegError, LookupError, OSError)

T = TypeVar("T")
log = get("recording")


@dataclass(frozen=True, slots=True)
class Sound:
    """A file, or a part of one, to send to a client."""

    name: str
    media_type: str
    size: int
    etag: str
    """Changes when a byte changes; empty if unknown."""
    path: Path | None
    """The local file with exactly this content, if there is one."""
    open: Callable[[], BinaryIO]
    header: bytes = b""
    """Replaces the first bytes of the file."""

    def read(self, begin: int, end: int) -> bytes:
        """Return bytes, fewer at the end of the file; blocks on the disk or the storage."""
        head = self.header[begin:end]
        with self.open() as file:
            file.seek(begin + len(head))
            return head + file.read(max(end - begin - len(head), 0))


class RecordingLibrary:
    """Reads what RecordingService has written; another customer's id is a 404."""

    def __init__(self, recordings: RecordingService, clock: Clock, *, retention_days: int = 0) -> None:
        self._recordings = recordings
        self._clock = clock
        self._retention_days = retention_days
        self._scope = TaskScope(task_failed("recording library"))

    def start(self) -> None:
        """Start the hourly maintenance: expire old recordings, retry uploads."""
        self._scope.keep("maintenance", self._run)

    async def close(self) -> None:
        """Stop the maintenance; closing twice is harmless."""
        await self._scope.close()

    async def sound(self, customer_id: CustomerId, recording_id: RecordingId, track: str = MAIN) -> Sound:
        """Return a file of an ended recording; RecordingNotEnded, FileNotFound."""
        recording = await self._ended(customer_id, recording_id)
        found = next((each for each in recording.files if each["track"] == track), None)
        if found is None and (recording.files or track != MAIN):
            raise FileNotFound(f"recording {recording_id} has no such track")
        name = found["name"] if found else f"{MAIN}.wav"
        storage = self._recordings.storage
        try:
            size = await self._on_disk(functools.partial(storage.size, recording_id, name))
        except FileNotFoundError:
            raise FileNotFound(f"recording {recording_id} has no file") from None
        path = storage.path(recording_id, name)
        extension = name.rpartition(".")[2]
        suffix = "" if track == MAIN else f".{track}"
        return Sound(
            name=f"{recording_id}{suffix}.{extension}",
            media_type=_MEDIA_TYPES.get(extension, "application/octet-stream"),
            size=size,
            etag=found["sha256"][:32] if found else "",
            path=path if path and path.is_file() else None,
            open=functools.partial(storage.open, recording_id, name),
        )

    async def live(self, customer_id: CustomerId, recording_id: RecordingId) -> Sound:
        """Return the audio so far of a recording in progress, as WAV; RecordingNotActive if there is none."""
        await self._recordings.get(customer_id, recording_id)
        samples = self._recordings.samples(recording_id)
        path = self._folder(recording_id) / f"{MAIN}.wav"
        if samples is None or not path.is_file():
            raise RecordingNotActive(f"recording {recording_id} is not in progress")
        shape = await self._on_disk(functools.partial(shape_of, path))
        header = wav_header(shape, samples * shape.frame_bytes)
        return Sound(
            name=f"{recording_id}.wav",
            media_type="audio/wav",
            size=len(header) + samples * shape.frame_bytes,
            etag=hashlib.sha256(f"{recording_id} {samples}".encode()).hexdigest()[:32],
            path=None,
            open=lambda: path.open("rb"),
            header=header,
        )

    async def timeline(self, customer_id: CustomerId, recording_id: RecordingId) -> dict[str, Any]:
        """Return the journal's entries and the hashes; of a recording in progress, those so far."""
        recording = await self._recordings.get(customer_id, recording_id)
        if recording.status is not RecordingStatus.ENDED:
            path = self._folder(recording_id) / JOURNAL
            try:
                entries, _ = await self._on_disk(functools.partial(read_journal, path))
            except FileNotFoundError:
                raise RecordingNotEnded(f"recording {recording_id} is being completed") from None
            return {"entries": entries, "files": [], "seal": ""}
        self._require_not_deleted(recording)
        try:
            opened = functools.partial(self._recordings.storage.open, recording_id, TIMELINE)
            return dict(orjson.loads(await self._on_disk(lambda: _content(opened))))
        except FileNotFoundError:
            raise FileNotFound(f"recording {recording_id} has no timeline") from None

    async def peaks(
        self, customer_id: CustomerId, recording_id: RecordingId, per_second: int, track: str = MAIN
    ) -> dict[str, Any]:
        """Return waveform peaks for players; InvalidArgument if there are too many."""
        sound = await self.sound(customer_id, recording_id, track)

        def work() -> dict[str, Any]:
            if sound.path is not None:
                return peaks(str(sound.path), per_second)
            with sound.open() as file:
                return peaks(file, per_second)

        try:
            return await self._on_disk(work)
        except ValueError as exc:
            if isinstance(exc, av.FFmpegError):
                raise FileNotFound(f"recording {recording_id} cannot be decoded") from None
            raise InvalidArgument("too many peaks: ask for fewer a second") from None
        except _NOT_A_SOUND:
            raise FileNotFound(f"recording {recording_id} cannot be decoded") from None

    async def has_files(self, recording_id: RecordingId) -> bool:
        """Return whether the files can be read or deleted here: on this disk, or in a storage that all nodes share."""
        if self._recordings.storage.parts:
            return True
        path = self._recordings.storage.path(recording_id, f"{MAIN}.wav")
        folder = self._folder(recording_id)
        return await self._on_disk(lambda: folder.is_dir() or (path is not None and path.is_file()))

    async def verify(self, customer_id: CustomerId, recording_id: RecordingId) -> list[Finding]:
        """Return every difference between the files, the timeline and the stored seal."""
        recording = await self._ended(customer_id, recording_id)
        return await self._on_disk(functools.partial(self._verify, recording))

    async def delete(self, customer_id: CustomerId, recording_id: RecordingId) -> Recording:
        """Delete a recording's files wherever they are, and take it out of the lists; RecordingNotEnded."""
        recording = await self._recordings.get(customer_id, recording_id)
        if recording.status is not RecordingStatus.ENDED:
            raise RecordingNotEnded(f"recording {recording_id} is {recording.status}")
        await self._on_disk(functools.partial(self._recordings.storage.delete, recording_id))
        return await self._recordings.ledger.mark_deleted(recording_id)

    async def delete_track(self, customer_id: CustomerId, recording_id: RecordingId, track: str) -> Recording:
        """Delete one file of an ended recording; the others stay, and verifying shows that it is missing."""
        recording = await self._ended(customer_id, recording_id)
        for name in [each["name"] for each in recording.files if each["track"] == track]:
            await self._on_disk(functools.partial(self._recordings.storage.delete_file, recording_id, name))
        return await self._recordings.ledger.mark_track_deleted(recording_id, track)

    async def run_maintenance(self) -> None:
        """Delete recordings older than the retention, and retry failed uploads."""
        if self._retention_days:
            await self._expire(self._clock.now() - timedelta(seconds=self._retention_days * _DAY_S))
        await self._recordings.retry_storing()

    async def _expire(self, moment: datetime) -> None:
        """Delete recordings that ended before a moment; one that cannot be deleted keeps no other."""
        is_shared = self._recordings.storage.parts is not None
        old = await self._recordings.ledger.ended_before(moment, _EXPIRED_AT_ONCE, is_shared=is_shared)
        failures = 0
        for recording in old:
            try:
                await self.delete(recording.customer_id, recording.id)
            except MixMinusError as error:
                log.warning("recording not expired", recording_id=str(recording.id), cause=str(error))
                failures += 1
                if failures == _MAX_FAILURES:
                    break
            else:
                log.info("recording expired", recording_id=str(recording.id))

    async def _run(self) -> None:
        while True:
            try:
                await self.run_maintenance()
            except Exception as exc:
                log.error("maintenance failed", exc_info=exc)
            await self._clock.sleep(_MAINTENANCE_S)

    async def _on_disk(self, work: Callable[[], T]) -> T:
        """Run blocking work; OSError becomes RecordingUnavailable, FileNotFoundError is passed on."""
        try:
            return await self._recordings.on_disk(work)
        except FileNotFoundError:
            raise
        except OSError as exc:
            raise RecordingUnavailable("the storage does not answer") from exc

    async def _ended(self, customer_id: CustomerId, recording_id: RecordingId) -> Recording:
        recording = await self._recordings.get(customer_id, recording_id)
        if recording.status is not RecordingStatus.ENDED:
            raise RecordingNotEnded(f"recording {recording_id} is {recording.status}")
        self._require_not_deleted(recording)
        return recording

    def _require_not_deleted(self, recording: Recording) -> None:
        if recording.tm_delete is not None:
            raise FileNotFound(f"recording {recording.id} was deleted")

    def _folder(self, recording_id: RecordingId) -> Path:
        return self._recordings.directory / str(recording_id)

    def _verify(self, recording: Recording) -> list[Finding]:
        storage = self._recordings.storage
        path = storage.path(recording.id, TIMELINE)
        if path is not None and path.parent.is_dir():
            return verify(path.parent, recording.seal)
        with tempfile.TemporaryDirectory(prefix="mixminus-") as folder:
            for name in (TIMELINE, *(each["name"] for each in recording.files)):
                try:
                    with storage.open(recording.id, name) as source, (Path(folder) / name).open("wb") as copy:
                        while block := source.read(1 << 18):
                            copy.write(block)
                except FileNotFoundError:
                    continue
            return verify(Path(folder), recording.seal)


def _content(opened: Callable[[], BinaryIO]) -> bytes:
    with opened() as file:
        return file.read()
