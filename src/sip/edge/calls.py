"""The calls that pass the edge, by Call-ID: which worker has them, and what is needed to end them without it.

Dialogs find their worker by the Contact that it gave them. This table is for
what carries no Contact (CANCEL, the ACK to a refusal, retransmissions), for
the load of each worker, and for the farewell when a worker is lost. It is
bounded: by the workers' capacities while calls live, by number and age after.
"""

import enum
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from mixminus.machine import step
from mixminus.sip.edge.flow import Flow
from mixminus.sip.edge.message import Headers, Request

__all__ = ["CALL_TRANSITIONS", "CallEvent", "CallState", "CallTable", "EdgeCall", "Worker"]

# RFC 3261 section 17.1.1.2, timer D: as long may a phone repeat itself.
LINGER_S: Final = 32.0
# pjsip answers an INVITE with 100 at once; when not, it has thrown it away.
UNHEARD_S: Final = 4.0
_MAX_RELEASED: Final = 4096


class CallState(enum.StrEnum):
    FORWARDED = enum.auto()
    EARLY = enum.auto()
    ESTABLISHED = enum.auto()
    RELEASED = enum.auto()


class CallEvent(enum.StrEnum):
    PROGRESSED = enum.auto()
    ANSWERED = enum.auto()
    ENDED = enum.auto()


CALL_TRANSITIONS: Final[dict[CallState, dict[CallEvent, CallState]]] = {
    CallState.FORWARDED: {
        CallEvent.PROGRESSED: CallState.EARLY,
        CallEvent.ANSWERED: CallState.ESTABLISHED,
        CallEvent.ENDED: CallState.RELEASED,
    },
    CallState.EARLY: {
        CallEvent.PROGRESSED: CallState.EARLY,
        CallEvent.ANSWERED: CallState.ESTABLISHED,
        CallEvent.ENDED: CallState.RELEASED,
    },
    CallState.ESTABLISHED: {
        CallEvent.ANSWERED: CallState.ESTABLISHED,
        CallEvent.ENDED: CallState.RELEASED,
    },
    CallState.RELEASED: {},
}


@dataclass(slots=True)
class Worker:
    """A worker as the edge sees it."""

    worker_id: int
    sip_port: int
    capacity: int
    sip_call_ids: set[str] = field(default_factory=set)

    @property
    def free(self) -> int:
        return self.capacity - len(self.sip_call_ids)


@dataclass(slots=True)
class EdgeCall:
    """A call, from its INVITE until nobody can ask for it any more."""

    invite: Request
    """As it came, body dropped, Via stamped: what a response, a CANCEL or a BYE is built from."""
    flow: Flow
    worker_id: int
    since_s: float
    """When the state was entered."""
    state: CallState = CallState.FORWARDED
    outgoing: bool = False
    """Whether the INVITE is one of our own, as it left."""
    answer: Headers | None = None
    """Of the first 2xx: the worker's, or in an outgoing call the phone's."""
    sequence_number: int = 0
    """Highest CSeq of the worker's own requests."""

    @property
    def call_id(self) -> str:
        return self.invite.headers.first("call-id")

    def is_same_transaction(self, request: Request) -> bool:
        """Return whether an INVITE is the one that opened this call, sent again."""
        ours, theirs = self.invite.headers, request.headers
        return all(ours.first(name) == theirs.first(name) for name in ("via", "cseq"))

    def fire(self, event: CallEvent, now_s: float) -> None:
        state = step(CALL_TRANSITIONS, self.state, event)
        if state is not self.state:
            self.state = state
            self.since_s = now_s


class CallTable:
    """Workers and calls; every way in has a bound."""

    def __init__(self) -> None:
        self.workers: dict[int, Worker] = {}
        self._calls: dict[str, EdgeCall] = {}
        self._released: OrderedDict[str, EdgeCall] = OrderedDict()

    def add_worker(self, worker: Worker) -> None:
        self.workers[worker.worker_id] = worker

    def remove_worker(self, worker_id: int) -> list[EdgeCall]:
        """Forget a worker; return the calls that are orphans now."""
        self.workers.pop(worker_id, None)
        orphans = [call for call in self._calls.values() if call.worker_id == worker_id]
        for call in orphans:
            del self._calls[call.call_id]
        return orphans

    def least_loaded(self) -> Worker | None:
        """Return the worker with the fewest calls among those with room."""
        free = [worker for worker in self.workers.values() if worker.free > 0]
        return min(free, key=lambda worker: (len(worker.sip_call_ids), worker.worker_id), default=None)

    def reserve(self, name: str) -> int:
        """Keep a place for a call of ours at the worker with most room; return its number, 0 for none."""
        worker = self.least_loaded()
        if worker is None:
            return 0
        worker.sip_call_ids.add(name)
        return worker.worker_id

    def holder(self, call_id: str) -> Worker | None:
        """Return the worker that has a call, also one that began before the edge was restarted."""
        return next((each for each in self.workers.values() if call_id in each.sip_call_ids), None)

    @property
    def loaded(self) -> bool:
        """Whether any worker has a call."""
        return any(worker.sip_call_ids for worker in self.workers.values())

    def find(self, call_id: str) -> EdgeCall | None:
        """Return a call that lives, or that lived a short while ago."""
        return self._calls.get(call_id) or self._released.get(call_id)

    def open(self, call: EdgeCall) -> None:
        """Enter a new call; its worker has room for it."""
        self._released.pop(call.call_id, None)
        self._calls[call.call_id] = call
        self.workers[call.worker_id].sip_call_ids.add(call.call_id)

    def fire(self, call: EdgeCall, event: CallEvent, now_s: float) -> None:
        """Move a call on; one that has ended gives its place at the worker back."""
        call.fire(event, now_s)
        if call.state is CallState.RELEASED:
            self._give_back(call)
            self._calls.pop(call.call_id, None)
            self._released[call.call_id] = call
            if len(self._released) > _MAX_RELEASED:
                self._released.popitem(last=False)

    def release(self, call_id: str, now_s: float) -> None:
        """The worker has told that a call is over."""
        for worker in self.workers.values():
            worker.sip_call_ids.discard(call_id)
        if call := self._calls.get(call_id):
            self.fire(call, CallEvent.ENDED, now_s)

    def expire(self, now_s: float) -> list[EdgeCall]:
        """Forget calls long over; return those that their worker has not even heard of."""
        while self._released:
            call_id, call = next(iter(self._released.items()))
            if now_s - call.since_s < LINGER_S:
                break
            del self._released[call_id]
        unheard = [
            call
            for call in self._calls.values()
            if call.state is CallState.FORWARDED and now_s - call.since_s > UNHEARD_S
        ]
        for call in unheard:
            self.fire(call, CallEvent.ENDED, now_s)
        return unheard

    def __len__(self) -> int:
        return len(self._calls)

    def _give_back(self, call: EdgeCall) -> None:
        if worker := self.workers.get(call.worker_id):
            worker.sip_call_ids.discard(call.call_id)
