"""SpeechCache: caches synthesised speech, in memory and on the disk, each up to a limit."""

import contextlib
import hashlib
import os
from collections import OrderedDict
from pathlib import Path
from typing import Final

import numpy as np

from mixminus.speech.synthesis.engine import Pcm, Utterance

__all__ = ["SpeechCache"]

_MEMORY_BYTES: Final = 32 << 20
_DISK_BYTES: Final = 256 << 20
_SUFFIX: Final = ".pcm"
_MODE: Final = 0o750


class SpeechCache:
    """LRU. ``find`` and ``keep`` access the disk: call them in a thread."""

    def __init__(
        self,
        directory: Path | None,
        *,
        memory_bytes: int = _MEMORY_BYTES,
        disk_bytes: int = _DISK_BYTES,
    ) -> None:
        self._directory = directory
        self._memory_bytes = memory_bytes
        self._disk_bytes = disk_bytes
        self._recent: OrderedDict[str, Pcm] = OrderedDict()
        self._held_bytes = 0

    def remembered(self, engine: str, utterance: Utterance) -> Pcm | None:
        """Return audio from memory, without disk access."""
        key = _key(engine, utterance)
        if key in self._recent:
            self._recent.move_to_end(key)
        return self._recent.get(key)

    def remember(self, engine: str, utterance: Utterance, pcm: Pcm) -> None:
        """Store audio in memory, replacing the least recently used."""
        pcm.flags.writeable = False
        key = _key(engine, utterance)
        if key in self._recent or pcm.nbytes > self._memory_bytes:
            return
        self._recent[key] = pcm
        self._held_bytes += pcm.nbytes
        while self._held_bytes > self._memory_bytes:
            _, oldest = self._recent.popitem(last=False)
            self._held_bytes -= oldest.nbytes

    def find(self, engine: str, utterance: Utterance) -> Pcm | None:
        """Return audio from the disk; None if the file is missing or unreadable."""
        path = self._path(engine, utterance)
        if path is None:
            return None
        try:
            stored = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return np.frombuffer(stored[: len(stored) // 2 * 2], "<i2").astype(np.int16)

    def keep(self, engine: str, utterance: Utterance, pcm: Pcm) -> None:
        """Write a file atomically, and remove the oldest beyond the limit; a full disk is ignored."""
        path = self._path(engine, utterance)
        if path is None or pcm.nbytes > self._disk_bytes:
            return
        half = path.with_suffix(f".{os.getpid()}.part")
        with contextlib.suppress(OSError):
            path.parent.mkdir(mode=_MODE, parents=True, exist_ok=True)
            half.write_bytes(pcm.astype("<i2").tobytes())
            half.replace(path)
            self._tidy(path.parent)

    def _tidy(self, directory: Path) -> None:
        """Remove the oldest files; ones that disappear meanwhile are ignored."""
        found = []
        for path in directory.glob(f"*{_SUFFIX}"):
            with contextlib.suppress(OSError):
                stat = path.stat()
                found.append((stat.st_mtime_ns, stat.st_size, path))
        held_bytes = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if held_bytes <= self._disk_bytes:
                return
            with contextlib.suppress(OSError):
                path.unlink()
            held_bytes -= size

    def _path(self, engine: str, utterance: Utterance) -> Path | None:
        return self._directory and self._directory / f"{_key(engine, utterance)}{_SUFFIX}"


def _key(engine: str, utterance: Utterance) -> str:
    """Return a file name that reveals nothing about the text."""
    key = (engine, utterance.language, utterance.voice, str(utterance.sample_rate_hz), utterance.text)
    return hashlib.sha256("\0".join(key).encode()).hexdigest()
