"""A storage of fsspec in memory that refuses, loses the answers of, or cuts off what a test names."""

import enum
from collections import deque
from collections.abc import Iterable
from typing import Any

from fsspec.implementations.memory import MemoryFileSystem

__all__ = ["FaultyFiles", "Outcome"]


class Outcome(enum.Enum):
    """What becomes of a file that is written."""

    STORED = enum.auto()
    REFUSED = enum.auto()
    UNHEARD = enum.auto()
    """Stored, and the answer is lost."""
    CUT = enum.auto()
    """Half of it is stored, as by a server of files that goes away."""


class FaultyFiles(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no types
    """Each is a storage of its own."""

    cachable = False

    def __init__(self) -> None:
        super().__init__()
        self.store: dict[str, Any] = {}
        self.pseudo_dirs = [""]
        self._outcomes: deque[Outcome] = deque()

    def expect(self, outcomes: Iterable[Outcome]) -> None:
        """Choose what becomes of the next files; later ones are stored."""
        self._outcomes = deque(outcomes)

    def pipe_file(self, path: str, value: bytes, **kwargs: Any) -> None:
        outcome = self._outcomes.popleft() if self._outcomes else Outcome.STORED
        if outcome is not Outcome.REFUSED:
            super().pipe_file(path, value[: len(value) // 2] if outcome is Outcome.CUT else value, **kwargs)
        if outcome is not Outcome.STORED:
            raise ConnectionError("the storage is away")
