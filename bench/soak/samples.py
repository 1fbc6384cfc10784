"""Samples of what a server uses, from ``/proc``, and whether they stay flat."""

import os
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Final

from bench.capacity.processes import MAIN_PROCESS, anonymous_mb, process_tree

__all__ = ["GROWS", "JUDGED_S", "LIMITS", "NAMES", "Growth", "Sample", "growth", "row", "take"]


@dataclass(frozen=True, slots=True)
class Sample:
    """All processes of the server together, ``at_s`` seconds after the begin."""

    at_s: float
    memory_mb: float
    """What they have allocated (:func:`bench.capacity.processes.anonymous_mb`)."""
    main_memory_mb: float
    """Of the main process."""
    workers_memory_mb: float
    """Of the SIP workers."""
    descriptors: int
    threads: int
    processes: int
    database_mb: float
    """The file and its write-ahead log."""
    calls: int
    """Ended so far."""
    requests: int
    """Answered so far."""
    load: float
    """Of the machine: processes that ran or waited for a core, on average over a minute."""


NAMES: Final = tuple(each.name for each in fields(Sample))
LIMITS: Final = {
    "memory_mb": 0.03,
    "main_memory_mb": 0.03,
    "workers_memory_mb": 0.05,
    "descriptors": 0.05,
    "threads": 0.05,
    "processes": 0.05,
}
"""The share by which the lowest value of the last third may exceed that of the second."""
JUDGED_S: Final = 1790.0
"""Half an hour, less two samples. The memory of a shorter run is not judged: a third of it is less than the time between two full
collections of garbage (ten minutes, while there are calls), and its second third is a part of the warm-up."""
GROWS: Final = "GROWS"
_SLACK: Final = {"descriptors": 10, "threads": 3}
"""What comes and goes with calls, recordings and idle threads of a pool."""
_MB: Final = 1 << 20


def take(root: int, data: Path, *, at_s: float, calls: int, requests: int) -> Sample:
    """Return a sample of the process ``root`` and its descendants, with the database in the folder ``data``."""
    memory = anonymous_mb(root)
    descriptors = threads = processes = 0
    for pid in process_tree(root):
        try:
            descriptors += sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
            threads += sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())
            processes += 1
        except (FileNotFoundError, ProcessLookupError):
            continue
    database = sum(each.stat().st_size for each in data.glob("*.db*")) / _MB
    return Sample(
        at_s,
        sum(memory.values()),
        memory.get(MAIN_PROCESS, 0.0),
        memory.get("SIP workers", 0.0),
        descriptors,
        threads,
        processes,
        database,
        calls,
        requests,
        os.getloadavg()[0],
    )


def row(sample: Sample) -> str:
    """Return a line of CSV."""
    return ",".join(f"{value:.2f}" if isinstance(value, float) else str(value) for value in astuple(sample))


@dataclass(frozen=True, slots=True)
class Growth:
    """How the lowest value of a quantity changed from the second third of the run to its last.

    The first third is the warm-up: caches fill, the pools of threads and workers grow to what the load needs, and the
    allocators reach their working size. What comes and goes (calls, garbage that waits for its collection) raises single values; the
    lowest value of a long time has least of it. What leaks raises the lowest value too.
    """

    name: str
    before: float
    after: float
    limit: float
    judged: bool = True

    @property
    def share(self) -> float:
        return (self.after - self.before) / self.before if self.before else 0.0

    @property
    def flat(self) -> bool:
        return self.after <= self.before * (1 + self.limit) + _SLACK.get(self.name, 0)

    @property
    def verdict(self) -> str:
        return "flat" if self.flat else GROWS if self.judged else "not judged: the run is too short"


def growth(samples: Sequence[Sample]) -> list[Growth]:
    """Compare the second and the last third of a run; at least six samples."""
    third = len(samples) // 3
    parts = samples[third : 2 * third], samples[-third:]
    found = []
    for name, limit in LIMITS.items():
        before, after = (min(getattr(each, name) for each in part) for part in parts)
        judged = not name.endswith("_mb") or samples[-1].at_s >= JUDGED_S
        found.append(Growth(name, before, after, limit, judged))
    return found
