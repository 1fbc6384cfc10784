"""The calls that pass the edge, by Call-ID: which worker has them, and what is needed to end them without it.

Requests in a dialog name their worker in the Request-URI, which is the worker's Contact. This table is for
requests without it (CANCEL, the ACK to a refusal, retransmissions), for the load of each worker, and
for ending the calls of a worker that has crashed. It is bounded by the workers' capacities while calls
are active, and by number and age afterwards.
"""

import enum
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from mixminus.machine import step
from mixminus.sip.edge.message import Headers, Request
from mixminus.sip.internal_headers import Flow

__all__ = ["CALL_TRANSITIONS", "CallEvent", "CallState", "CallTable", "EdgeCall", "Worker"]

# RFC 3261 section 17.1.1.2, timer D: how long a phone may retransmit.
LINGER_S: Final = 32.0
# pjsip answers an INVITE with 100 at once; without it, the INVITE was dropped.
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
    """A call, from its INVITE until no retransmission can come any more."""

    invite: Request
    """As received, without its body and with its Via stamped; a response, CANCEL or BYE is built from it."""
    flow: Flow
    worker_id: int
    since_s: float
    """When the state was entered."""
    state: CallState = CallState.FORWARDED
    outgoing: bool = False
    """Whether it is an outgoing call; then ``invite`` is as sent."""
    answer: Headers | None = None
    """The headers of the first 2xx: the worker's, or in an outgoing call the phone's."""
    sequence_number: int = 0
    """The highest CSeq of the requests that the worker has sent."""

    @property
    def call_id(self) -> str:
        return self.invite.headers.first("call-id")

    def is_same_transaction(self, request: Request) -> bool:
        """Return whether an INVITE is a retransmission of the one that opened this call."""
        ours, theirs = self.invite.headers, request.headers
        return all(ours.first(name) == theirs.first(name) for name in ("via", "cseq"))

    def fire(self, event: CallEvent, now_s: float) -> None:
        state = step(CALL_TRANSITIONS, self.state, event)
        if state is not self.state:
            self.state = state
            self.since_s = now_s


class CallTable:
    """The workers and their calls, in bounded memory."""

    def __init__(self) -> None:
        self.workers: dict[int, Worker] = {}
        self._calls: dict[str, EdgeCall] = {}
        self._released: OrderedDict[str, EdgeCall] = OrderedDict()

    def add_worker(self, worker: Worker) -> None:
        self.workers[worker.worker_id] = worker

    def remove_worker(self, worker_id: int) -> list[EdgeCall]:
        """Remove a worker; return the calls that it had."""
        self.workers.pop(worker_id, None)
        lost = [call for call in self._calls.values() if call.worker_id == worker_id]
        for call in lost:
            del self._calls[call.call_id]
        return lost

    def least_loaded(self) -> Worker | None:
        """Return the worker with the fewest calls among those with room."""
        free = [worker for worker in self.workers.values() if worker.free > 0]
        return min(free, key=lambda worker: (len(worker.sip_call_ids), worker.worker_id), default=None)

    def reserve(self, name: str) -> int:
        """Reserve the least loaded worker for an outgoing call; return its number, 0 if all are full."""
        worker = self.least_loaded()
        if worker is None:
            return 0
        worker.sip_call_ids.add(name)
        return worker.worker_id

    def holder(self, call_id: str) -> Worker | None:
        """Return the worker that has a call, including calls from before a restart of the edge."""
        return next((each for each in self.workers.values() if call_id in each.sip_call_ids), None)

    @property
    def loaded(self) -> bool:
        """Whether any worker has a call."""
        return any(worker.sip_call_ids for worker in self.workers.values())

    def find(self, call_id: str) -> EdgeCall | None:
        """Return a call that is active or was released a short time ago."""
        return self._calls.get(call_id) or self._released.get(call_id)

    def open(self, call: EdgeCall) -> None:
        """Add a new call; its worker must have room for it."""
        self._released.pop(call.call_id, None)
        self._calls[call.call_id] = call
        self.workers[call.worker_id].sip_call_ids.add(call.call_id)

    def fire(self, call: EdgeCall, event: CallEvent, now_s: float) -> None:
        """Fire an event of a call; a call that has ended frees its place at the worker."""
        call.fire(event, now_s)
        if call.state is CallState.RELEASED:
            self._give_back(call)
            self._calls.pop(call.call_id, None)
            self._released[call.call_id] = call
            if len(self._released) > _MAX_RELEASED:
                self._released.popitem(last=False)

    def release(self, call_id: str, now_s: float) -> None:
        """Take a worker's report that a call is over."""
        for worker in self.workers.values():
            worker.sip_call_ids.discard(call_id)
        if call := self._calls.get(call_id):
            self.fire(call, CallEvent.ENDED, now_s)

    def expire(self, now_s: float) -> list[EdgeCall]:
        """Drop calls released long ago; return those whose INVITE the worker has not answered with 100."""
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
