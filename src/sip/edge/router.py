"""The router: every decision of the edge, without sockets and without a clock."""

from collections import Counter
from collections.abc import Callable, Collection
from typing import Final

from mixminus import log
from mixminus.sip.edge.addressing import Action, Identity, ToPhone, ToServer, ToWorker
from mixminus.sip.edge.admission import Admission
from mixminus.sip.edge.authentication import Authenticator
from mixminus.sip.edge.call import CallState, EdgeCall
from mixminus.sip.edge.calls import CallTable, Worker
from mixminus.sip.edge.digest import ALGORITHMS, Algorithm
from mixminus.sip.edge.forwarding import Forwarder
from mixminus.sip.edge.limits import SourceLimits
from mixminus.sip.edge.lost_calls import LostCalls
from mixminus.sip.edge.message import Request, Response, Unparseable, parse
from mixminus.sip.edge.phone_side import PhoneSide
from mixminus.sip.edge.records import read_record
from mixminus.sip.edge.relay import Relay
from mixminus.sip.edge.scanners import is_scanner
from mixminus.sip.edge.takeovers import Takeovers
from mixminus.sip.edge.tryings import Tryings
from mixminus.sip.edge.validation import respond
from mixminus.sip.edge.worker_side import WorkerSide
from mixminus.sip.grammar import Unreadable
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import (
    AnswerAccount,
    AnswerRegistration,
    ForgetAccounts,
    MoveCall,
    ProbeServers,
    Register,
    StopProbes,
    Unregister,
)

__all__ = ["Router"]

DirectoryMessage = (
    AnswerAccount | AnswerRegistration | ForgetAccounts | Register | Unregister | ProbeServers | StopProbes
)

# NAT keep-alives (RFC 5626 section 3.5.1, and the NULs of older phones) are ignored and not counted.
_KEEP_ALIVE = frozenset(b"\r\n\0 ")
# Of the edge itself: registrations at providers, and probes of their servers.
_OWN_REQUESTS: Final = (b"REGISTER ", b"OPTIONS ")
_LOG_INTERVAL_S: Final = 10.0

_log = log.get("sip.edge")


class Router:
    """Takes received messages and returns what is to be sent."""

    def __init__(
        self,
        identity: Identity,
        counters: Counter[str],
        *,
        limits: SourceLimits,
        domain: str = "",
        algorithms: Collection[Algorithm] = ALGORITHMS,
        names_of: Callable[[Flow], tuple[str, ...]] = lambda _: (),
    ) -> None:
        """``names_of`` returns the domains of a client's certificate."""
        self.counters = counters
        self._calls = CallTable()
        self._lost_calls = LostCalls(identity)
        forwarder = Forwarder(identity, counters)
        self._takeovers = Takeovers(self._calls, self._lost_calls, forwarder, counters)
        self._phone_side = PhoneSide(
            identity,
            self._calls,
            self._lost_calls,
            self._takeovers,
            self.counters,
            authenticator=Authenticator(
                domain, frozenset(identity.hosts), algorithms, self.counters, names_of, self.is_verified
            ),
            limits=limits,
        )
        self._spirals = self._phone_side.spirals
        self._relay = Relay(identity, self._phone_side.sources, counters)
        self._worker_side = WorkerSide(
            identity,
            self._calls,
            self._takeovers,
            self.counters,
            on_called=self._phone_side.sources.verify,
        )
        self._tryings = Tryings(self._calls)
        self._admission = Admission(self._calls, self.counters, limits=limits, is_verified=self.is_verified)
        self._shut_outs = self._admission.shut_outs
        self._failed_at_s = float("-inf")

    def add_worker(self, worker: Worker) -> None:
        self._calls.add_worker(worker)

    def move(self, command: MoveCall) -> None:
        """Move a call to another worker once its own is removed."""
        self._takeovers.plan(command)

    def remove_worker(self, worker_id: int, now_s: float) -> list[ToPhone]:
        """Remove a worker that has exited; return the messages that end those of its calls that are not moved."""
        sip_port = self._calls.workers[worker_id].sip_port if worker_id in self._calls.workers else 0
        endings = []
        for call in self._calls.remove_worker(worker_id):
            allowed = not self._shut_outs.covers(call.flow.host, now_s)
            if self._takeovers.begin(call, now_s, allowed=allowed):
                self._shut_outs.moved(sip_port, call.call_id)
            else:
                endings.append(self._lost_calls.end(call, now_s))
        return self._spirals.all_outward(endings)

    def restore(self, worker_id: int, record: str, now_s: float) -> None:
        """Take a call from before a restart of the edge."""
        call = read_record(record, worker_id, now_s)
        self._calls.restore(call)
        self._spirals.restore(call)
        if call.state is CallState.ESTABLISHED:
            self._phone_side.sources.verify(call.flow.host, now_s)

    def outbox(self) -> list[ToPhone | ToWorker | ToServer]:
        """Return what is to be sent beside the actions returned so far."""
        return [
            *self._spirals.all_outward(self._calls.take_outbox()),
            *self._phone_side.registrants.take_outbox(),
            *self._phone_side.probes.take_outbox(),
        ]

    def is_verified(self, host: str, now_s: float) -> bool:
        """Return whether a host has proved to receive what is sent to it."""
        return self._phone_side.sources.is_verified(host, now_s)

    def may_send(self, message: ToPhone, now_s: float) -> bool:
        """Return whether a message may be sent now: an unverified source gets no more than it has paid for."""
        if message.flow.transport != "UDP" or message.message.startswith(_OWN_REQUESTS):
            return True
        allowed = self._phone_side.sources.may_send(message.flow.host, message.message, now_s)
        self.counters["sip_edge_unverified"] += not allowed
        return allowed

    def shut_out(self, sip_port: int, now_s: float) -> None:
        """Shut out who wrote last to a worker that has crashed; its calls there are not continued."""
        moved = self._shut_outs.take_moved(sip_port)
        host = self._shut_outs.crashed(sip_port, now_s)
        if not host:
            return
        _log.warning("caller shut out after a crash of a worker", host=host)
        for call in filter(None, map(self._calls.find, moved)):
            if self._shut_outs.covers(call.flow.host, now_s) and not self._takeovers.drop(call, now_s):
                self._calls.outbox.append(self._phone_side.abandoned.end(call, now_s))

    def leg_of(self, call_id: str) -> str:
        """Return the leg of an outgoing call; empty for any other."""
        call = self._calls.find(call_id)
        return call.leg_id if call else ""

    def reserve(self, name: str) -> int:
        """Reserve a worker for an outgoing call; return its number, 0 if all are full."""
        return 0 if self._phone_side.draining else self._calls.reserve(name)

    def release(self, call_id: str, now_s: float) -> None:
        """Take a worker's report that a call is over."""
        self._calls.first_responses.heard(call_id)
        self._calls.release(call_id, now_s)

    def set_overloaded(self, *, on: bool) -> None:
        """Refuse calls of phones while the server has no time for them."""
        self._phone_side.overloaded = on

    def drain(self, now_s: float = 0.0) -> None:
        """Refuse new calls from now on, and end those that are being moved."""
        self._phone_side.draining = True
        self._takeovers.give_up(now_s)

    def on_directory(self, message: DirectoryMessage, now_s: float) -> list[Action]:
        """Take what the server's directory says; return the actions of the requests that waited for it."""
        match message:
            case AnswerAccount():
                return self._spirals.all_outward(self._phone_side.account_given(message, now_s))
            case AnswerRegistration():
                return [self._phone_side.registration_answered(message)]
            case Register():
                self._phone_side.registrants.start(message, now_s)
            case Unregister(trunk_id):
                self._phone_side.registrants.stop(trunk_id, now_s)
            case ProbeServers():
                self._phone_side.probes.start(message, now_s)
            case StopProbes(trunk_id):
                self._phone_side.probes.stop(trunk_id)
            case ForgetAccounts():
                self._phone_side.authenticator.accounts.invalidate()
        return []

    @property
    def busy(self) -> bool:
        """Whether there are calls, or endings of lost calls that are not confirmed."""
        return self._calls.loaded or self._lost_calls.pending

    def poll(self, now_s: float) -> list[ToPhone | ToServer]:
        """Return what is due by now; call a few times a second."""
        self._phone_side.registrants.poll(now_s)
        self._takeovers.poll(now_s)
        self._phone_side.probes.poll(now_s)
        self._give_up_silent_servers(now_s)
        self._spirals.expire(now_s)
        unheard: list[EdgeCall] = self._calls.expire(now_s)
        self.counters["sip_edge_unheard"] += len(unheard)
        due: list[ToPhone | ToServer] = [
            *self._lost_calls.retransmissions(now_s),
            *(self._lost_calls.end(call, now_s) for call in unheard),
            *self._phone_side.expire(now_s),
            *self._phone_side.authenticator.reports(),
        ]
        return self._spirals.all_outward(due)

    def keeps(self, received: bytes, source: Flow, now_s: float) -> bool:
        """Return whether a message must not be read now: it is dropped, or waits until ``next_newcomer`` returns it."""
        if _KEEP_ALIVE.issuperset(received[:64]) or self._admission.refuses(source, now_s):
            return True
        if self._admission.comes_first(received, source, now_s):
            return False
        self._admission.put(received, source, now_s)
        return True

    def next_newcomer(self, now_s: float) -> tuple[bytes, Flow] | None:
        """Return the next message of a host that has proved nothing, and its source, if there is time for one."""
        return self._admission.take(now_s)

    @property
    def newcomers(self) -> int:
        """How many messages wait for ``next_newcomer``."""
        return len(self._admission.newcomers)

    def flooders(self, now_s: float) -> tuple[str, ...]:
        """Return the sources whose datagrams the kernel is to drop."""
        self._admission.flooders.expire(now_s)
        return self._admission.flooders.sources

    def from_phone(self, received: bytes, source: Flow, now_s: float) -> Action:
        """Handle a message from the public side, which ``keeps`` has admitted."""
        self.counters["sip_edge_received"] += 1
        if source.transport == "UDP":
            self._phone_side.sources.received(source.host, len(received), now_s)
        try:
            message = parse(received)
            action = self._handle(message, source, now_s)
        except (Unparseable, Unreadable):
            self.counters["sip_edge_malformed"] += 1
            return None
        except Exception:  # noqa: BLE001 - one message must not fill the log, nor end the edge
            self.counters["sip_edge_failed"] += 1
            if now_s - self._failed_at_s > _LOG_INTERVAL_S:
                self._failed_at_s = now_s
                _log.exception("message failed")
            return None
        if isinstance(action, ToWorker):
            self._admission.forwarded(action.sip_port, source.host)
        return self._spirals.outward(action)

    def _handle(self, message: Request | Response, source: Flow, now_s: float) -> Action:
        if isinstance(message, Request):
            if is_scanner(message):
                self.counters["sip_edge_scanner"] += 1
                return None
            if route := self._relay.route_of(message):
                return self._relay.request(message, route, source, now_s)
            return self._phone_side.request(message, source, now_s)
        return self._relay.response(message) or self._phone_side.response(message, source, now_s)

    def spent(self, source: Flow, processing_s: float, now_s: float) -> None:
        """Charge a source with the CPU time that its message took."""
        self._admission.spent(source, processing_s, now_s)

    @property
    def keeps_trying(self) -> bool:
        """Whether ``tryings`` will return something, unless other responses come before."""
        return len(self._tryings) > 0

    def tryings(self, now_s: float) -> list[ToPhone]:
        """Return the 100s that no other response has followed in time."""
        due = (self.from_worker(received, sip_port, now_s) for received, sip_port in self._tryings.due(now_s))
        return [each for each in due if each]

    def from_worker(self, received: bytes, sip_port: int, now_s: float) -> ToPhone | None:
        """Handle a message from a loopback port; a call's first 100 is kept for ``tryings``."""
        worker = self._calls.worker_at(sip_port)
        if worker is None:
            self.counters["sip_edge_stranger"] += 1
            return None
        if self._tryings.keep(received, worker.worker_id, sip_port, now_s):
            return None
        try:
            message = parse(received)
            if isinstance(message, Request):
                return self._spirals.outward(self._worker_side.request(message, worker.worker_id, now_s))
            self._tryings.forget(message.headers.first("call-id"))
            return self._spirals.outward(self._worker_side.response(message, worker.worker_id, now_s))
        except (Unparseable, Unreadable):
            self.counters["sip_edge_malformed"] += 1
            return None

    def websocket_closed(self, flow: Flow) -> Action:
        """Take the end of a phone's WebSocket."""
        return self._phone_side.websocket_closed(flow)

    def _give_up_silent_servers(self, now_s: float) -> None:
        for invite, cancelled in self._calls.first_responses.expire(now_s):
            self.counters["sip_edge_silent_servers"] += 1
            timeout = respond(invite, 408, "Request Timeout")
            answered = self._phone_side.response(timeout, Flow("TCP", "0.0.0.0", 0), now_s)
            self._calls.outbox += [cancelled, answered] if answered else [cancelled]

    def undelivered(self, message: bytes, now_s: float) -> ToWorker | ToPhone | None:
        """Answer a request of a worker, or of another node, that could not be delivered (RFC 3261 section 8.1.3.1)."""
        try:
            request = parse(message)
        except Unparseable:  # a response to a request with as many headers as are read at all
            return None
        if not isinstance(request, Request) or request.method == "ACK":
            return None
        if relayed := self._relay.undelivered(request):
            return relayed
        refusal = respond(request, 503, "Service Unavailable")
        return self._phone_side.response(refusal, Flow("TCP", "0.0.0.0", 0), now_s)
