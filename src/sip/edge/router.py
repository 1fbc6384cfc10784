"""The router: all that the edge decides, without a socket and without a clock."""

from collections import Counter
from collections.abc import Collection

from mixminus.sip.edge.calls import CallTable, EdgeCall, Worker
from mixminus.sip.edge.digest import ALGORITHMS, Algorithm
from mixminus.sip.edge.farewell import Farewells
from mixminus.sip.edge.flow import Flow, ToPhone, ToWorker
from mixminus.sip.edge.guard import RateLimit
from mixminus.sip.edge.identity import Identity
from mixminus.sip.edge.inward import Action, Inward
from mixminus.sip.edge.message import Request, Unparseable, parse
from mixminus.sip.edge.outward import Outward
from mixminus.sip.edge.question import ToServer
from mixminus.sip.edge.responses import respond
from mixminus.sip.grammar import Unreadable
from mixminus.sip.messages import AnswerRegistration, ForgetAccounts, GiveAccount

__all__ = ["Router"]

# A NAT keep-alive (RFC 5626 section 3.5.1, and the bare NULs of older phones) is not worth a count.
_KEEP_ALIVE = frozenset(b"\r\n\0 ")


class Router:
    """Takes what a socket has received and returns what is to be sent."""

    def __init__(
        self,
        identity: Identity,
        counters: Counter[str],
        *,
        invites_per_s: float,
        messages_per_s: float,
        domain: str = "",
        algorithms: Collection[Algorithm] = ALGORITHMS,
    ) -> None:
        self.counters = counters
        self._calls = CallTable()
        self._farewells = Farewells(identity)
        self._inward = Inward(
            identity,
            self._calls,
            self._farewells,
            self.counters,
            invites_per_s=invites_per_s,
            domain=domain,
            algorithms=algorithms,
        )
        self._outward = Outward(identity, self._calls, self.counters)
        self._messages = RateLimit(messages_per_s)

    def add_worker(self, worker: Worker) -> None:
        self._calls.add_worker(worker)

    def remove_worker(self, worker_id: int, now_s: float) -> list[ToPhone]:
        """Forget a worker that is gone; return what tells its phones."""
        return [self._farewells.say(call, now_s) for call in self._calls.remove_worker(worker_id)]

    def reserve(self, name: str) -> int:
        """Keep a place for a call that we shall make; return the worker's number, 0 if there is no room."""
        return 0 if self._inward.draining else self._calls.reserve(name)

    def release(self, call_id: str, now_s: float) -> None:
        self._calls.release(call_id, now_s)

    def drain(self) -> None:
        """Take no new call from now on."""
        self._inward.draining = True

    def learn(self, answer: GiveAccount | AnswerRegistration | ForgetAccounts, now_s: float) -> list[Action]:
        """Take the server's word about those who log in; return what it lets go on."""
        match answer:
            case GiveAccount():
                return self._inward.account_given(answer, now_s)
            case AnswerRegistration():
                return [self._inward.registration_answered(answer)]
            case ForgetAccounts():
                self._inward.gate.accounts.forget()
        return []

    @property
    def busy(self) -> bool:
        """Whether a phone is still to be told of an end: there are calls, or farewells that nobody has confirmed."""
        return self._calls.loaded or self._farewells.pending

    def turn(self, now_s: float) -> list[ToPhone | ToServer]:
        """Return what is due by now; call a few times a second."""
        unheard: list[EdgeCall] = self._calls.expire(now_s)
        self.counters["sip_edge_unheard"] += len(unheard)
        return [
            *self._farewells.turn(now_s),
            *(self._farewells.say(call, now_s) for call in unheard),
            *self._inward.expire(now_s),
            *self._inward.gate.reports(),
        ]

    def from_phone(self, received: bytes, source: Flow, now_s: float) -> Action:
        """Handle one message of the public side."""
        if _KEEP_ALIVE.issuperset(received[:64]):
            return None
        if not self._messages.admits(source.host, now_s):
            self.counters["sip_edge_flood"] += 1
            return None
        self.counters["sip_edge_received"] += 1
        try:
            message = parse(received)
            if isinstance(message, Request):
                return self._inward.request(message, source, now_s)
            return self._inward.response(message, source, now_s)
        except (Unparseable, Unreadable):
            self.counters["sip_edge_malformed"] += 1
            return None

    def from_worker(self, received: bytes, sip_port: int, now_s: float) -> ToPhone | None:
        """Handle one message that came from a loopback port."""
        worker = next((each for each in self._calls.workers.values() if each.sip_port == sip_port), None)
        if worker is None:
            self.counters["sip_edge_stranger"] += 1
            return None
        try:
            message = parse(received)
            if isinstance(message, Request):
                return self._outward.request(message, worker.worker_id, now_s)
            return self._outward.response(message, worker.worker_id, now_s)
        except (Unparseable, Unreadable):
            self.counters["sip_edge_malformed"] += 1
            return None

    def undelivered(self, message: bytes, now_s: float) -> ToWorker | None:
        """Answer a request of a worker's that nobody could be given (RFC 3261 section 8.1.3.1)."""
        request = parse(message)
        if not isinstance(request, Request) or request.method == "ACK":
            return None
        refusal = respond(request, 503, "Service Unavailable")
        return self._inward.response(refusal, Flow("TCP", "0.0.0.0", 0), now_s)
