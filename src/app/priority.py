"""Mixing comes first: its threads get real-time priority, or everything else of the server steps back.

With SCHED_FIFO (sched(7)) a thread that is due runs at once, whatever else the machine does. Without the privilege
the mixing threads keep the nice value of the server and get the shortest slice; all other threads, and the processes
that are started later, which inherit it, get a higher nice value. Speech and the encoder of recordings lower theirs
further by themselves.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from mixminus import log
from mixminus.app.slices import set_slice_us, slice_us
from mixminus.errors import Unavailable

__all__ = ["ADVICE", "STEP_BACK", "Priority", "Realtime", "give_priority_to_mixing"]

Realtime = Literal["auto", "on", "off"]

STEP_BACK: Final = 5
"""Nice value of everything else above that of the mixing threads: a third of their weight (sched(7))."""
_MAX_NICE: Final = 19
_SLICE_US: Final = 100
_TASKS: Final = Path("/proc/self/task")
_MIXING_NAMES: Final = ("mm-shard", "mm-mux")  # native/engine/shard.c, native/io/mux.c
ADVICE: Final = (
    "the service manager or the container must allow real-time priority: systemd LimitRTPRIO=20, "
    "docker --ulimit rtprio=20; see docs/how-to/production.md"
)

_log = log.get("app.priority")


@dataclass(frozen=True, slots=True)
class Priority:
    """What the kernel has granted."""

    realtime: bool
    """Whether every mixing thread runs under SCHED_FIFO."""
    mixing_nice: int
    others_nice: int
    slice_us: int
    """Of the mixing threads; 0 under SCHED_FIFO, and before Linux 6.12."""


def give_priority_to_mixing(realtime: Realtime) -> Priority:
    """Set the priorities of the process's threads, once the engine's threads run, and before other processes start.

    Those inherit what the other threads have. Logs what was obtained. Raises Unavailable if ``realtime`` is on and the kernel refuses it.
    """
    mixing = set(_mixing_threads())
    obtained = bool(mixing) and all(_is_realtime(thread) for thread in mixing)
    if realtime == "on" and not obtained:
        raise Unavailable(
            f"MIXMINUS_REALTIME: real-time priority is refused (EPERM): {ADVICE}; or set MIXMINUS_REALTIME=auto"
        )
    nice = os.getpriority(os.PRIO_PROCESS, next(iter(mixing), 0))
    others = nice if obtained else min(nice + STEP_BACK, _MAX_NICE)
    if not obtained:
        _step_back(mixing, others)
    priority = Priority(obtained, nice, others, 0 if obtained else _shorten_slices(mixing))
    _report(priority, realtime)
    return priority


def _report(priority: Priority, realtime: Realtime) -> None:
    if priority.realtime:
        _log.info("mixing has real-time priority", policy="SCHED_FIFO")
        return
    values = {
        "mixing_nice": priority.mixing_nice,
        "others_nice": priority.others_nice,
        "mixing_slice_us": priority.slice_us,
    }
    if realtime == "off":
        _log.info("mixing has normal priority, everything else steps back", **values)
    else:
        _log.warning(
            "real-time priority refused: mixing has normal priority, everything else steps back",
            **values,
            advice=ADVICE,
        )


def _threads() -> Iterator[int]:
    return (int(task.name) for task in _TASKS.iterdir())


def _mixing_threads() -> Iterator[int]:
    for thread in _threads():
        if (_TASKS / str(thread) / "comm").read_text().strip().startswith(_MIXING_NAMES):
            yield thread


def _is_realtime(thread: int) -> bool:
    return os.sched_getscheduler(thread) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO


def _step_back(mixing: set[int], nice: int) -> None:
    """Give the nice value to all threads but these; threads and processes made later inherit that of their maker."""
    for thread in set(_threads()) - mixing:
        try:
            os.setpriority(os.PRIO_PROCESS, thread, nice)
        except ProcessLookupError:
            continue  # it has ended meanwhile


def _shorten_slices(mixing: set[int]) -> int:
    """Give the mixing threads the shortest slice; return it, 0 where the kernel has none."""
    try:
        for thread in mixing:
            set_slice_us(thread, _SLICE_US)
        return max(map(slice_us, mixing), default=0)
    except OSError:
        return 0
