"""Workers as the pool knows them: their lifecycle, and what is kept of their calls."""

import contextlib
import enum
import os
import signal
from dataclasses import dataclass, field
from typing import Final

from mixminus.heartbeat import Heartbeat
from mixminus.machine import step
from mixminus.model.ids import LegId
from mixminus.sip.channel import Channel
from mixminus.sip.messages import MoveCall

__all__ = ["WORKER_TRANSITIONS", "PoolWorker", "WorkerEvent", "WorkerState", "workers_needed"]


class WorkerState(enum.StrEnum):
    STARTING = enum.auto()
    READY = enum.auto()
    LOST = enum.auto()


class WorkerEvent(enum.StrEnum):
    STARTED = enum.auto()
    DISCONNECTED = enum.auto()


WORKER_TRANSITIONS: Final[dict[WorkerState, dict[WorkerEvent, WorkerState]]] = {
    WorkerState.STARTING: {
        WorkerEvent.STARTED: WorkerState.READY,
        WorkerEvent.DISCONNECTED: WorkerState.LOST,
    },
    WorkerState.READY: {WorkerEvent.DISCONNECTED: WorkerState.LOST},
    WorkerState.LOST: {},
}


def workers_needed(max_calls: int, capacity: int, spare_workers: int) -> int:
    """Return how many workers are needed for ``max_calls``, spare ones included."""
    return -(-max_calls // capacity) + spare_workers


@dataclass(slots=True)
class PoolWorker:
    """A worker as the server sees it, and what is kept to continue or to end its calls without it."""

    worker_id: int
    channel: Channel
    heartbeat: Heartbeat = field(default_factory=Heartbeat)
    state: WorkerState = WorkerState.STARTING
    pid: int = 0
    sip_port: int = 0
    capacity: int = 0
    legs: dict[str, LegId] = field(default_factory=dict)
    """By Call-ID."""
    records: dict[str, str] = field(default_factory=dict)
    """What the edge knows of the worker's calls, by Call-ID."""
    reserved: set[LegId] = field(default_factory=set)
    """Legs of outgoing calls."""
    moves: list[MoveCall] = field(default_factory=list)
    """Of a lost worker: the calls that another one is to continue."""

    @property
    def at_rest(self) -> bool:
        """Whether it has started, and has no call."""
        return self.state is WorkerState.READY and not self.records and not self.legs and not self.reserved

    def fire(self, event: WorkerEvent) -> None:
        self.state = step(WORKER_TRANSITIONS, self.state, event)

    def kill(self) -> None:
        """End a worker that does not answer; one that has not started yet ends when it sees the end of file."""
        self.channel.close()
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
