"""Heartbeats: find a child process that does not answer, because it is stopped or blocked, so that it is replaced.

A child that has exited is noticed by the end of file of its channel, one in an endless loop by its own watchdog. Neither
helps where the kernel does not run the process (SIGSTOP, a frozen cgroup, a disk that blocks): its socket stays open,
and its watchdog counts processor time.

Unanswered pings are counted, not seconds: after a pause of the server itself, answers that have come meanwhile are
read before the next ping is sent. A child that is ready to run and gets no core is late, not stuck: on a machine that is too
busy for all of them, to kill and replace those that wait would add work, and end calls.
"""

from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path
from typing import Final, Protocol, TypeVar

from mixminus.clock import Clock

__all__ = ["BEATS_AT_REST", "BEAT_S", "MOST_UNANSWERED", "PATIENCE", "Heartbeat", "watch"]

BEAT_S: Final = 2.0
"""Time between two pings of one child."""
BEATS_AT_REST: Final = 15
"""Beats between two pings of a child that has nothing to do: hundreds of them must cost nothing."""
MOST_UNANSWERED: Final = 3
PATIENCE: Final = 10
"""Times as many unanswered pings are allowed to a child that waits for a core."""
_MOST_AT_START: Final = 30
"""Before its first message a child loads libraries or a model."""


class Heartbeat:
    """Counts the pings that one child has left unanswered."""

    def __init__(self, most_unanswered: int = MOST_UNANSWERED) -> None:
        """``most_unanswered``: so many pings in a row may wait for an answer."""
        self._most = most_unanswered
        self._most_now = _MOST_AT_START
        self._unanswered = 0

    @property
    def owes(self) -> bool:
        """Whether a ping waits for an answer."""
        return self._unanswered > 0

    def answered(self) -> None:
        """Note a message of the child: any of them shows that it runs."""
        self._unanswered = 0
        self._most_now = self._most

    def beat(self, pid: int = 0) -> bool:
        """Count the ping that is sent now; return False if too many before it are unanswered by this process."""
        most = self._most_now
        if self._unanswered >= most and not (self._unanswered < PATIENCE * most and _waits_for_core(pid)):
            return False
        self._unanswered += 1
        return True


def _waits_for_core(pid: int) -> bool:
    """Return whether a process is ready to run (proc_pid_stat(5)); one that is stopped, blocked or idle is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state == "R"


class _Watched(Protocol):
    heartbeat: Heartbeat

    @property
    def pid(self) -> int:
        """Its process; 0 before it has one."""
        ...


Child = TypeVar("Child", bound=_Watched)


async def watch(
    clock: Clock,
    children: Callable[[], Iterable[Child]],
    *,
    ping: Callable[[Child], None],
    on_stuck: Callable[[Child], None],
    at_rest: Callable[[Child], bool] = lambda _: False,
) -> None:
    """Ping the children that there are, until cancelled; call ``on_stuck`` for one that does not answer.

    Children at rest are pinged in turn, each at one beat of ``BEATS_AT_REST``; one that owes an answer is pinged at every beat.
    """
    for beat in count():
        await clock.sleep(BEAT_S)
        for place, child in enumerate(list(children()), beat):
            if place % BEATS_AT_REST and at_rest(child) and not child.heartbeat.owes:
                continue
            if child.heartbeat.beat(child.pid):
                ping(child)
            else:
                on_stuck(child)
