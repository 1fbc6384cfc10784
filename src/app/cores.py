"""How many cores the process may use: its CPU affinity, and the limit of its control group."""

import math
import os
from pathlib import Path
from typing import Final

__all__ = ["usable_cores"]

_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")
"""Of the process's own control group, as a container sees it (cgroup v2): quota and period in us, or "max"."""


def usable_cores(quota_file: Path = _QUOTA) -> int:
    """Return the number of cores, at least 1."""
    cores = len(os.sched_getaffinity(0))
    try:
        quota, period = quota_file.read_text().split()
        return max(1, min(cores, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):
        # No control group of this kind, or no limit.
        return cores
