"""PartUpload: copies a running recording from its files to the storage, a part at a time.

The files are the truth: a part is read from them when it is stored, at the offset up to which they are in the storage. What
the storage does not take stays where it is, and nothing waits in memory. Each round copies

    stems up to sample n  ->  the recording up to n  ->  the journal up to where it was before n was read

so that whenever it breaks off, the stems in the storage are as long as the recording or longer, and the journal names no
sample that is not there: ``completion.repair_journal`` makes a whole recording of it, as of a crash.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from mixminus.model.ids import RecordingId
from mixminus.recording.layout import MAIN
from mixminus.recording.parts import PART_BYTES, PartStore
from mixminus.recording.tracks import JOURNAL
from mixminus.recording.wav import shape_of

__all__ = ["PartUpload"]


class PartUpload:
    """Of one recording. It blocks: call it in a thread, one call at a time."""

    def __init__(
        self,
        store: PartStore,
        recording_id: RecordingId,
        directory: Path,
        samples: Callable[[], int],
        counters: Counter[str],
        *,
        part_bytes: int = PART_BYTES,
    ) -> None:
        """``samples`` is how many every file in the directory has by now."""
        self.samples = 0
        """Samples in the storage."""
        self._store = store
        self._recording_id = recording_id
        self._directory = directory
        self._recorded = samples
        self._counters = counters
        self._part_bytes = part_bytes
        self._stored: dict[str, int] = {}
        """Bytes of each file that are in the storage."""
        self._ends: dict[str, int] = {}
        """Where the part of a file ends that was not stored: it is tried again as it was, lest a late answer shorten it."""
        self._storing = threading.Lock()
        self._is_stopped = False

    def copy(self) -> None:
        """Copy what is not in the storage yet; OSError if it does not take a part: the next call goes on there.

        Files that are gone are completed: there is nothing to copy any more.
        """
        try:
            journal_bytes = (self._directory / JOURNAL).stat().st_size
            samples = self._recorded()
            if not samples:
                return
            targets = [*self._tracks(samples), (self._directory / JOURNAL, journal_bytes)]
        except FileNotFoundError:
            return
        for path, end in targets:
            if not self._copy(path, end):
                return
        self.samples = samples

    def stop(self) -> None:
        """Store no part from now on; on return none is being stored."""
        with self._storing:
            self._is_stopped = True

    def _tracks(self, samples: int) -> Iterator[tuple[Path, int]]:
        """Yield the stems and then the recording itself, each with its size at a sample."""
        paths = self._directory.glob("*.wav")
        for path in sorted(paths, key=lambda path: (path.stem == MAIN, path.stem)):
            try:
                shape = shape_of(path)
            except ValueError:
                continue  # a stem that begins just now, after this sample
            end = shape.header_bytes + samples * shape.frame_bytes
            if path.stat().st_size >= end:
                yield path, end

    def _copy(self, path: Path, end: int) -> bool:
        """Copy a file up to a byte; return False if it is gone, or this was stopped."""
        name = path.name
        while (first := self._stored.get(name, 0)) < end:
            until = self._ends.setdefault(name, min(first + self._part_bytes, end))
            try:
                content = _read(path, first, until)
            except FileNotFoundError:
                return False
            with self._storing:
                if self._is_stopped or len(content) < until - first:
                    return False
                self._store.put(self._recording_id, name, first, content)
            self._stored[name] = self._ends.pop(name)
            self._counters["recording.parts_stored"] += 1
        return True


def _read(path: Path, first: int, end: int) -> bytes:
    with path.open("rb") as file:
        file.seek(first)
        return file.read(end - first)
