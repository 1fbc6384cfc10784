"""Samples of what a server uses, from ``/proc``, and whether they stay flat."""

import statistics
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Final

from bench.capacity.processes import memory_mb, process_tree

__all__ = ["LIMITS", "NAMES", "Growth", "Sample", "growth", "row", "take"]


@dataclass(frozen=True, slots=True)
class Sample:
    """All processes of the server together, ``at_s`` seconds after the begin."""

    at_s: float
    memory_mb: float
    """Proportional set size."""
    main_memory_mb: float
    """Of the main process."""
    descriptors: int
    threads: int
    processes: int
    database_mb: float
    """The file and its write-ahead log."""
    calls: int
    """Ended so far."""
    requests: int
    """Answered so far."""


NAMES: Final = tuple(each.name for each in fields(Sample))
LIMITS: Final = {
    "memory_mb": 0.05,
    "main_memory_mb": 0.08,
    "descriptors": 0.05,
    "threads": 0.05,
    "processes": 0.05,
}
"""The share by which the last quarter may exceed the second one, which follows the warm-up."""
_SLACK: Final = {"descriptors": 10, "threads": 3}
"""What comes and goes with calls, recordings and idle threads of a pool."""
_MB: Final = 1 << 20


def take(root: int, data: Path, *, at_s: float, calls: int, requests: int) -> Sample:
    """Return a sample of the process ``root`` and its descendants, with the database in the folder ``data``."""
    memory = memory_mb(root)
    descriptors = threads = processes = 0
    for pid in process_tree(root):
        try:
            descriptors += sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
            threads += sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())
            processes += 1
        except (FileNotFoundError, ProcessLookupError):
            continue
    database = sum(each.stat().st_size for each in data.glob("*.db*")) / _MB
    main = memory.get("main process", 0.0)
    return Sample(
        at_s, sum(memory.values()), main, descriptors, threads, processes, database, calls, requests
    )


def row(sample: Sample) -> str:
    """Return a line of CSV."""
    return ",".join(f"{value:.2f}" if isinstance(value, float) else str(value) for value in astuple(sample))


@dataclass(frozen=True, slots=True)
class Growth:
    """How a quantity changed from the second quarter of the run to its last, by their medians."""

    name: str
    before: float
    after: float
    limit: float

    @property
    def share(self) -> float:
        return (self.after - self.before) / self.before if self.before else 0.0

    @property
    def flat(self) -> bool:
        return self.after <= self.before * (1 + self.limit) + _SLACK.get(self.name, 0)


def growth(samples: Sequence[Sample]) -> list[Growth]:
    """Compare the quarters of a run; at least eight samples."""
    quarter = len(samples) // 4
    parts = samples[quarter : 2 * quarter], samples[-quarter:]
    found = []
    for name, limit in LIMITS.items():
        before, after = (statistics.median(getattr(each, name) for each in part) for part in parts)
        found.append(Growth(name, before, after, limit))
    return found
