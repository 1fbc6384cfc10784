"""Spool: what waits for a recogniser that is behind: in memory first, then in a file, up to a bound."""

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

__all__ = ["Spool", "SpoolLimits"]


_LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    """How much one session may have waiting."""

    memory_bytes: int = 8 << 20
    """Four minutes of one voice."""
    file_bytes: int = 1 << 30
    """Nine hours of one voice; what is more is lost, and counted."""


class Spool:
    """A queue of byte strings; the file is there only while it is needed.

    Written through the page cache, a tenth of a second of speech at a time: never long enough to matter.
    """

    def __init__(self, path: Path, limits: SpoolLimits) -> None:
        self._path = path
        self._limits = limits
        self._memory: deque[bytes] = deque()
        self._memory_bytes = 0
        self._file: BinaryIO | None = None
        self._read_at = 0
        self._written = 0

    def put(self, item: bytes) -> bool:
        """Append; return False if there is no room for it any more."""
        if self._file is None and self._memory_bytes + len(item) <= self._limits.memory_bytes:
            self._memory.append(item)
            self._memory_bytes += len(item)
            return True
        if self._written - self._read_at + len(item) > self._limits.file_bytes:
            return False
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("w+b")
        self._file.seek(self._written)
        self._file.write(len(item).to_bytes(_LENGTH_BYTES) + item)
        self._written += _LENGTH_BYTES + len(item)
        return True

    def take(self) -> bytes | None:
        """Return the oldest, and forget it; None if there is none."""
        if self._memory:
            item = self._memory.popleft()
            self._memory_bytes -= len(item)
            return item
        if self._file is None:
            return None
        self._file.seek(self._read_at)
        item = self._file.read(int.from_bytes(self._file.read(_LENGTH_BYTES)))
        self._read_at += _LENGTH_BYTES + len(item)
        if self._read_at == self._written:
            self.close()
        return item

    def close(self) -> None:
        """Forget what waits, and remove the file; closing twice is harmless."""
        self._memory.clear()
        self._memory_bytes = 0
        if self._file is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)
        self._file = None
        self._read_at = self._written = 0
