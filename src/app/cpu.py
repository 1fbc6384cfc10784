"""CPU time by role: which part of the server uses the processor, from the names of its threads and processes."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ["ROLES", "cpu_seconds"]

_PROCESSES: Final = Path("/proc")
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME = 11, 12
"""Fields of `/proc/PID/stat` behind the name, from 0 (`proc_pid_stat(5)`): user and system time in ticks."""
OTHER: Final = "other"
ROLES: Final = {
    "mixminus": "control",
    "mm-shard": "mixing",
    "mm-mux": "browsers",
    "mm-ice-tcp": "browsers",
    "mm-sip-edge": "sip_edge",
    "mm-sip-zygote": "sip_workers",
    "mm-sip-worker": "sip_workers",
    "mm-recording": "recording",
    "mm-recordings": "recording",
    "mm-encoder": "recording",
    "mm-parts": "recording",
    "mm-recognition": "recognition",
    "mm-synthesis": "synthesis",
    "espeak-ng": "synthesis",
    "mm-decode": "sound",
    "mm-database": "database",
}
"""The role of each thread and process by its name; those without one are ``other``."""


def cpu_seconds() -> dict[str, float]:
    """Return the CPU time of the running threads and processes of each role, in seconds.

    Every role is there, at 0 without a thread; the time of a thread or process that has ended is not.
    """
    spent = dict.fromkeys((*ROLES.values(), OTHER), 0.0)
    for task in _tree(str(os.getpid())):
        with suppress(OSError, ValueError, IndexError):
            name, seconds = _times(task)
            spent[ROLES.get(name, OTHER)] += seconds
    return spent


def _tree(pid: str) -> Iterator[Path]:
    """Yield the threads of a process and of its descendants; its own alone where the kernel does not list children."""
    with suppress(OSError):  # it has ended
        for task in (_PROCESSES / pid / "task").iterdir():
            yield task
            with suppress(OSError):
                for child in (task / "children").read_text().split():
                    yield from _tree(child)


def _times(task: Path) -> tuple[str, float]:
    before, _, behind = (task / "stat").read_text().rpartition(")")
    fields = behind.split()
    return before.partition("(")[2], (int(fields[_UTIME]) + int(fields[_STIME])) / _TICKS_PER_SECOND
