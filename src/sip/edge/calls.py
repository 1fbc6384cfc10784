"""The calls that pass the edge, by Call-ID: which worker has them, and what is needed to end them without it.

The table is for the routing of requests within calls, for the load of each worker, and for ending the calls of a
worker that has crashed. It is bounded by the workers' capacities while calls are active, and by number and age
afterwards. The server keeps a record of each call (``records.py``), for the edge that follows this one.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from mixminus.sip.edge.addressing import ToPhone, ToServer, ToWorker
from mixminus.sip.edge.call import CallEvent, CallState, EdgeCall
from mixminus.sip.edge.first_responses import FirstResponses
from mixminus.sip.edge.records import record_of
from mixminus.sip.messages import CallRecorded, MediaHostsNamed

__all__ = ["CallTable", "Worker"]

# RFC 3261 section 17.1.1.2, timer D: how long a phone may retransmit.
LINGER_S: Final = 32.0
# pjsip answers an INVITE with 100 at once; without it, the INVITE was dropped.
UNHEARD_S: Final = 4.0
# It does within milliseconds; the next calls go to other workers meanwhile.
_OWED_S: Final = 0.5
_MAX_RELEASED: Final = 4096


@dataclass(slots=True)
class Worker:
    """A worker as the edge sees it."""

    worker_id: int
    sip_port: int
    capacity: int
    sip_call_ids: set[str] = field(default_factory=set)
    unheard: set[str] = field(default_factory=set)
    """Calls whose INVITE it has not responded to in time; empty again with its next response to any."""


class CallTable:
    """The workers and their calls, in bounded memory."""

    def __init__(self) -> None:
        self.workers: dict[int, Worker] = {}
        self._by_port: dict[int, Worker] = {}
        self._calls: dict[str, EdgeCall] = {}
        self._unacknowledged: dict[str, EdgeCall] = {}
        """Calls of phones that have been without an ACK; those that are no more are left out when they are asked for."""
        self._released: OrderedDict[str, EdgeCall] = OrderedDict()
        self.outbox: list[ToPhone | ToWorker | ToServer] = []
        """What is to be sent beside the action that a message leads to."""
        self.first_responses = FirstResponses()

    def take_outbox(self) -> list[ToPhone | ToWorker | ToServer]:
        """Return and clear the outbox."""
        taken, self.outbox = self.outbox, []
        return taken

    def add_worker(self, worker: Worker) -> None:
        self.workers[worker.worker_id] = worker
        self._index()

    def worker_at(self, sip_port: int) -> Worker | None:
        """Return the worker that has a port."""
        return self._by_port.get(sip_port)

    def remove_worker(self, worker_id: int) -> list[EdgeCall]:
        """Remove a worker; return the calls that it had."""
        self.workers.pop(worker_id, None)
        self._index()
        lost = [call for call in self._calls.values() if call.worker_id == worker_id]
        for call in lost:
            del self._calls[call.call_id]
            self._unacknowledged.pop(call.call_id, None)
        return lost

    def _index(self) -> None:
        # Made anew: a worker may have the port of one that has exited.
        self._by_port = {worker.sip_port: worker for worker in self.workers.values()}

    def keep(self, call: EdgeCall) -> None:
        """Put back a lost call, which has no worker now."""
        call.worker_id = 0
        self._calls[call.call_id] = call
        self.await_acknowledgement(call)

    def assign(self, call: EdgeCall, worker: Worker) -> None:
        """Give a call to a worker, which has room for it."""
        call.worker_id = worker.worker_id
        worker.sip_call_ids.add(call.call_id)

    def fullest_with_room(self) -> Worker | None:
        """Return the worker for the next call: the one with the most calls among those with room.

        A worker's first call copies the pages that it shares with the zygote, which costs more than the call. One that
        owes a response comes last: it may be stopped, and must not attract every new call.
        """
        free = [each for each in self.workers.values() if len(each.sip_call_ids) < each.capacity]
        return min(
            [each for each in free if each.sip_call_ids and not each.unheard] or free,
            key=lambda worker: (bool(worker.unheard), -len(worker.sip_call_ids), worker.worker_id),
            default=None,
        )

    def reserve(self, name: str) -> int:
        """Reserve a worker for an outgoing call; return its number, 0 if all are full."""
        worker = self.fullest_with_room()
        if worker is None:
            return 0
        worker.sip_call_ids.add(name)
        return worker.worker_id

    def worker_of(self, call: EdgeCall) -> Worker | None:
        """Return the worker that has a call, None if it has exited."""
        return self.workers.get(call.worker_id)

    @property
    def loaded(self) -> bool:
        """Whether any worker has a call."""
        return any(worker.sip_call_ids for worker in self.workers.values())

    def find(self, call_id: str) -> EdgeCall | None:
        """Return a call that is active or was released a short time ago."""
        return self._calls.get(call_id) or self._released.get(call_id)

    def open(self, call: EdgeCall) -> None:
        """Add a new call; its worker must have room for it."""
        # RFC 3261 section 8.1.3.5: after a refusal a phone may try again with the same Call-ID.
        if before := self._released.pop(call.call_id, None):
            call.earlier = before.earlier + (not before.reported)
        self.restore(call)
        self.record(call)

    def restore(self, call: EdgeCall) -> None:
        """Add a call from before a restart of the edge."""
        if worker := self.workers.get(call.worker_id):
            self._calls[call.call_id] = call
            worker.sip_call_ids.add(call.call_id)
            self.await_acknowledgement(call)

    def await_acknowledgement(self, call: EdgeCall) -> None:
        """Take that a phone has an answer to acknowledge, now or once it is answered."""
        if not call.outgoing:
            self._unacknowledged[call.call_id] = call

    def fire(self, call: EdgeCall, event: CallEvent, now_s: float) -> None:
        """Fire an event of a call; a call that has ended frees its place at the worker."""
        before = call.state
        call.fire(event, now_s)
        if call.state is not before:
            if worker := self.workers.get(call.worker_id):
                if event is CallEvent.ENDED:
                    worker.unheard.discard(call.call_id)
                else:
                    worker.unheard.clear()
            if call.state is not CallState.EARLY:  # which is what the call was recorded as at first
                self.record(call)
        if call.state is CallState.RELEASED:
            self._give_back(call)
            self._calls.pop(call.call_id, None)
            self._unacknowledged.pop(call.call_id, None)
            self._released[call.call_id] = call
            if len(self._released) > _MAX_RELEASED:
                self._released.popitem(last=False)

    def name_hosts(self, call: EdgeCall, hosts: tuple[str, ...]) -> None:
        """Report the hosts that a phone's message names, if they are others than before."""
        if hosts != call.media_hosts:
            call.media_hosts = hosts
            self.outbox.append(ToServer(MediaHostsNamed(call.call_id, hosts, call.leg_id)))

    def release(self, call_id: str, now_s: float) -> None:
        """Take a worker's report that a call is over; it may be an earlier one of the same Call-ID."""
        found = self.find(call_id)
        if found and found.earlier:
            found.earlier -= 1
            return
        if found:
            found.reported = True
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
        waiting = [
            call
            for call in self._calls.values()
            if call.state is CallState.FORWARDED and now_s - call.since_s > _OWED_S
        ]
        for call in waiting:
            if (worker := self.workers.get(call.worker_id)) and not call.outgoing:
                worker.unheard.add(call.call_id)
        unheard = [call for call in waiting if now_s - call.since_s > UNHEARD_S]
        for call in unheard:
            self.fire(call, CallEvent.ENDED, now_s)
            if worker := self.workers.get(call.worker_id):
                worker.unheard.add(call.call_id)
        return unheard

    def active(self) -> list[EdgeCall]:
        """Return the calls that are not released."""
        return list(self._calls.values())

    def unconfirmed(self) -> list[EdgeCall]:
        """Return the calls of phones that have not acknowledged an answer yet."""
        self._unacknowledged = {
            call_id: call
            for call_id, call in self._unacknowledged.items()
            if not call.dialog.confirmed or call.dialog.unacknowledged
        }
        return list(self._unacknowledged.values())

    @property
    def places(self) -> int:
        """How many calls all workers can have."""
        return sum(worker.capacity for worker in self.workers.values())

    def __len__(self) -> int:
        return len(self._calls)

    def record(self, call: EdgeCall) -> None:
        """Let the server keep what is known of a call."""
        record = "" if call.state is CallState.RELEASED else record_of(call)
        self.outbox.append(ToServer(CallRecorded(call.worker_id, call.call_id, record)))

    def _give_back(self, call: EdgeCall) -> None:
        if worker := self.workers.get(call.worker_id):
            worker.sip_call_ids.discard(call.call_id)
