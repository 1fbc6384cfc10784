"""TrackSet: the files of a recording in progress, all of one length, and the journal that hashes them."""

import contextlib
import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mixminus.model.recording import Recording
from mixminus.recording.journal import Entry, Journal
from mixminus.recording.layout import MAIN
from mixminus.recording.wav import WavFile, WavShape, shape_of

__all__ = ["JOURNAL", "SEGMENT_S", "TrackSet", "begin_of", "segment_hashes"]

Pcm = NDArray[np.int16]
JOURNAL: Final = "journal.jsonl"
SEGMENT_S: Final = 10
"""Audio covered by one hash."""
_SYNC_S: Final = 0.5
_RESERVE: Final = "reserve"
_RESERVE_BYTES: Final = 1 << 16
_ZEROS: Final = bytes(1 << 16)


def begin_of(recording: Recording, sample_rate_hz: int) -> Entry:
    """Return the journal's first entry."""
    return {
        "type": "begin",
        "recording_id": str(recording.id),
        "reference_type": recording.reference_type,
        "reference_id": str(recording.reference_id),
        "format": recording.format,
        "sample_rate_hz": sample_rate_hz,
        "channels": recording.channels,
        "tm_create": recording.tm_create.isoformat(),
    }


class TrackSet:
    """Writes the tracks of a layout; synced to the disk every half second."""

    def __init__(self, directory: Path, *, begin: Mapping[str, Any], limit_samples: int) -> None:
        self.directory = directory
        self.samples = 0
        self._rate = int(begin["sample_rate_hz"])
        self._limit_samples = limit_samples
        self._files: dict[str, WavFile] = {}
        self._hashes: dict[str, Any] = {}
        self._segment_begin = 0
        self._synced = 0
        directory.mkdir(parents=True, exist_ok=True)
        # Freed when the disk is full, so that the end can be written.
        with (directory / _RESERVE).open("wb") as reserve:
            os.posix_fallocate(reserve.fileno(), 0, _RESERVE_BYTES)
        self._journal = Journal(directory / JOURNAL)
        self._journal.append([dict(begin)])
        self._journal.sync()
        self._open(MAIN, int(begin["channels"]))

    @property
    def full(self) -> bool:
        """Whether the maximum duration is reached."""
        return self.samples >= self._limit_samples

    def write(self, tracks: Mapping[str, Pcm], samples: int, events: Sequence[Entry]) -> None:
        """Append to every track, silence where there is no audio, and write the events."""
        for name, pcm in tracks.items():
            if name not in self._files:
                self._open(name, 1 if pcm.ndim == 1 else pcm.shape[1])
        done, samples = 0, min(samples, self._limit_samples - self.samples)
        while done < samples:
            step = min(samples - done, self._segment_begin + SEGMENT_S * self._rate - self.samples)
            for name, file in self._files.items():
                self._append(name, file, tracks[name][done : done + step] if name in tracks else None, step)
            self.samples += step
            done += step
            if self.samples == self._segment_begin + SEGMENT_S * self._rate:
                self._seal()
        if events:
            self._journal.append(events)
        if self.samples - self._synced >= _SYNC_S * self._rate:
            self._sync()

    def end(self, note: str = "") -> None:
        """Hash and journal the rest; what fails on a full disk is repaired at the next start."""
        with contextlib.suppress(OSError):
            (self.directory / _RESERVE).unlink(missing_ok=True)
            self._seal()
            self._journal.append([{"type": "end", "samples": self.samples, "note": note}])
            self._sync()
        self.close()

    def close(self) -> None:
        """Close the files; closing twice is harmless."""
        for file in self._files.values():
            file.close()
        self._journal.close()

    def _open(self, name: str, channels: int) -> None:
        shape = WavShape.for_limit(self._rate, channels, self._limit_samples)
        file = self._files[name] = WavFile(self.directory / f"{name}.wav", shape)
        self._hashes[name] = hashlib.sha256()
        if self.samples:
            file.skip(self.samples)
            _hash_silence(self._hashes[name], (self.samples - self._segment_begin) * shape.frame_bytes)
        _sync_directory(self.directory)

    def _append(self, name: str, file: WavFile, pcm: Pcm | None, samples: int) -> None:
        if pcm is None or not pcm.any():
            file.skip(samples)
            _hash_silence(self._hashes[name], samples * file.shape.frame_bytes)
        else:
            file.write(pcm)
            self._hashes[name].update(np.ascontiguousarray(pcm))

    def _seal(self) -> None:
        if self.samples == self._segment_begin:
            return
        self._journal.append(
            [
                {
                    "type": "segment",
                    "first": self._segment_begin,
                    "samples": self.samples - self._segment_begin,
                    "tracks": {name: each.hexdigest() for name, each in self._hashes.items()},
                }
            ]
        )
        self._segment_begin = self.samples
        self._hashes = {name: hashlib.sha256() for name in self._files}

    def _sync(self) -> None:
        for file in self._files.values():
            file.sync()
        self._journal.sync()
        self._synced = self.samples


def segment_hashes(paths: Mapping[str, Path], first: int, samples: int) -> dict[str, str]:
    """Return the hashes of a range of samples in our WAV files."""
    found = {}
    for name, path in paths.items():
        shape = shape_of(path)
        with path.open("rb") as file:
            file.seek(shape.header_bytes + first * shape.frame_bytes)
            found[name] = _digest(file, samples * shape.frame_bytes)
    return found


def _digest(file: Any, size: int) -> str:
    digest = hashlib.sha256()
    while size > 0 and (block := file.read(min(size, len(_ZEROS)))):
        digest.update(block)
        size -= len(block)
    return digest.hexdigest()


def _hash_silence(digest: Any, size: int) -> None:
    while size > 0:
        digest.update(memoryview(_ZEROS)[: min(size, len(_ZEROS))])
        size -= len(_ZEROS)


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
