"""The edge's handling of messages from the public side: answered here, or forwarded to a worker."""

import itertools
from collections import Counter
from typing import Final

from mixminus.hosts import network_of
from mixminus.sip.edge.abandoned import Abandoned
from mixminus.sip.edge.addressing import Action, Identity, ToPhone, ToServer, ToWorker, reply_flow, stamp
from mixminus.sip.edge.authentication import Authenticator, Passed
from mixminus.sip.edge.call import CallEvent, CallState, EdgeCall
from mixminus.sip.edge.calls import CallTable
from mixminus.sip.edge.dialog_side import DialogSide
from mixminus.sip.edge.dialogs import UNKNOWN_DIALOG, tag_of
from mixminus.sip.edge.forwarding import Forwarder, goes_by_source, may_open_dialog
from mixminus.sip.edge.limits import SourceLimit, SourceLimits
from mixminus.sip.edge.lost_calls import LostCalls
from mixminus.sip.edge.media_hosts import media_hosts
from mixminus.sip.edge.message import Fault, Headers, Request, Response
from mixminus.sip.edge.probes import Probes
from mixminus.sip.edge.registrant import Registrants, called_uri
from mixminus.sip.edge.registrar import Registrar
from mixminus.sip.edge.repair import Repair
from mixminus.sip.edge.replaces import replaced_by
from mixminus.sip.edge.spirals import Spirals
from mixminus.sip.edge.takeovers import Takeovers
from mixminus.sip.edge.texts import Texts
from mixminus.sip.edge.transactions import number_of
from mixminus.sip.edge.validation import (
    can_be_answered,
    capabilities,
    fault_of,
    has_description,
    refuse,
    respond,
)
from mixminus.sip.edge.verified import Sources
from mixminus.sip.grammar import NameAddress, SipUri, Unreadable, Via
from mixminus.sip.internal_headers import CallerHeader, Flow
from mixminus.sip.messages import AnswerAccount, AnswerRegistration
from mixminus.sip.node_keys import VOUCHED, vouched_account
from mixminus.sip.relay_routes import called_host

__all__ = ["PhoneSide"]

_RETRY_AFTER_S: Final = "5"
_SUCCESS: Final = 200
_FAILURE: Final = 300
_LEAST_SHARE: Final = 4
_ENDING: Final = (408, 481)

_OUTSIDE: Final = frozenset({"INVITE", "OPTIONS", "REGISTER", "REFER", "NOTIFY", "MESSAGE"})
"""Methods that are served or refused outside calls too."""


class PhoneSide:
    """Validates, authenticates, answers or forwards; a message leads to at most one action."""

    def __init__(
        self,
        identity: Identity,
        calls: CallTable,
        lost_calls: LostCalls,
        takeovers: Takeovers,
        counters: Counter[str],
        *,
        authenticator: Authenticator,
        limits: SourceLimits,
    ) -> None:
        self.draining = False
        self.overloaded = False
        self.authenticator = authenticator
        self.registrants = Registrants(identity, counters)
        self.probes = Probes(identity, counters)
        self._registrar = Registrar(counters, limits.proxies)
        self._limits = limits
        self._identity = identity
        self._calls = calls
        self._lost_calls = lost_calls
        self._counters = counters
        self.spirals = Spirals(calls)
        self._forwarder = Forwarder(identity, counters)
        self._texts = Texts(calls, counters)
        self._dialogs = DialogSide(calls, self._forwarder, takeovers, self._texts, counters)
        self.sources = Sources()
        self.abandoned = Abandoned(calls, lost_calls, self._forwarder, self.sources, counters)
        self._invites = SourceLimit(limits.invites_per_s)
        self._repair = Repair(counters)

    def request(self, request: Request, source: Flow, now_s: float) -> Action:
        """Handle a request; ``source`` is the address that it really came from."""
        self._repair.request(request)
        fault = fault_of(request)
        straight = not fault and self._is_straight(request)
        if not fault:
            self.spirals.inward(request, now_s, straight=straight)
        if request.method == "ACK" and not fault:
            return self._ack(request, source, now_s)
        if not can_be_answered(request):
            self._counters["sip_edge_unanswerable"] += 1
            return None
        via = Via.parse(request.headers.pop("via"))
        request.headers.push("via", stamp(via, source).render())
        flow = reply_flow(via, source)
        if fault := fault or self._loop(request, straight=straight):
            self._counters["sip_edge_refused"] += 1
            return ToPhone(flow, refuse(request, fault).render())
        return self._serve(request, flow, source, now_s)

    def account_given(self, account: AnswerAccount, now_s: float) -> list[Action]:
        """Continue with the requests that have waited for an account."""
        waiting = self.authenticator.accounts.on_answer(account, now_s)
        return [self._serve(each.request, each.flow, each.source, now_s) for each in waiting]

    def registration_answered(self, answer: AnswerRegistration) -> ToPhone | None:
        """Answer a REGISTER as the server says."""
        return self._registrar.answered(answer)

    def websocket_closed(self, flow: Flow) -> ToServer | None:
        """Report the end of a phone's WebSocket."""
        return self._registrar.closed(flow)

    def expire(self, now_s: float) -> list[ToPhone]:
        """Answer the requests that have waited too long for the server."""
        waiting = self.authenticator.accounts.expire(now_s)
        self._counters["sip_edge_unanswered_asks"] += len(waiting)
        refused = [ToPhone(each.flow, self._unavailable(each.request)) for each in waiting]
        return refused + self._registrar.expire(now_s) + self.abandoned.expire(now_s)

    def response(self, response: Response, source: Flow, now_s: float) -> ToWorker | None:
        """Forward a phone's response to the worker whose request it answers."""
        via = Via.parse(response.headers.pop("via") or "")
        branch = via.parameters.get("branch", "")
        if self._lost_calls.answered(branch):
            return None
        if self.registrants.on_response(branch, response, now_s) or self.probes.on_response(
            branch, response, now_s
        ):
            self.sources.verify(source.host, now_s)
            return None
        worker_id = self._identity.worker_of(via, response.headers.first("via"))
        worker = self._calls.workers.get(worker_id)
        if not worker:
            self._counters["sip_edge_strange_response"] += 1
            return None
        self.sources.verify(source.host, now_s)
        self.spirals.inward(response, now_s)
        self._repair.sequence(response)
        method = response.headers.first("cseq").partition(" ")[2].strip()
        if method == "MESSAGE" and response.status_code in _ENDING:
            # pjsip would end the call (RFC 5057 section 5.1), of which only the text was refused.
            response.status_code, response.reason = 488, "Not Acceptable Here"
        self._calls.first_responses.heard(response.headers.first("call-id"))
        call = self._calls.find(response.headers.first("call-id"))
        self._repair.response(response, call.invite if call and call.outgoing else None)
        if call:
            call.dialog.was_answered(method, number_of(response), response.status_code)
            if call.answer and method in ("INVITE", "UPDATE") and _SUCCESS <= response.status_code < _FAILURE:
                call.target = response.headers.first("contact") or call.target
        if not has_description(response.headers):
            response.body = b""
        alias = call.alias if call and call.worker_id == worker_id else None
        forwarded = self._forwarder.response(response, source, worker, alias)
        if forwarded and may_open_dialog(response):
            self._keep_answer(response, now_s)
            if call and call.state is not CallState.RELEASED:
                host = called_host(call.invite.headers.first("route")) if call.outgoing else ""
                self._calls.name_hosts(call, media_hosts(response, host or source.host))
        return forwarded

    def _keep_answer(self, response: Response, now_s: float) -> None:
        """Keep the first 2xx of an outgoing call; of the forks that ring, the newest is the dialog."""
        call = self._calls.find(response.headers.first("call-id"))
        if call and call.outgoing and not call.answer:
            call.dialog.remote_tag = tag_of(response.headers, "to")
        if call and call.outgoing and not call.answer and response.status_code >= _SUCCESS:
            call.answer = Headers(list(response.headers.entries))
            call.dialog.confirmed = True
            call.direct = not response.headers.values("record-route")
            if call.state is not CallState.RELEASED:
                self._calls.fire(call, CallEvent.ANSWERED, now_s)

    def _is_straight(self, request: Request) -> bool:
        """Return whether an INVITE of ours has come back with no one between: we have called an address of our own."""
        if request.method != "INVITE":
            return False
        ours, *others = request.headers.values("via")
        return bool(others and self._identity.worker_of(Via.parse(ours), others[0]))

    def _loop(self, request: Request, *, straight: bool) -> Fault | None:
        """RFC 3261 section 16.3 step 4: refuse what has passed here before, unless it is a spiral."""
        hops = [Via.parse(via) for via in request.headers.values("via")]
        if any(map(self._identity.is_inner, hops)):
            return Fault(482, "Loop Detected")
        if any(map(self._identity.is_public, hops)) and self.spirals.is_loop(request, straight=straight):
            return Fault(482, "Loop Detected")
        if request.headers.first("max-forwards") == "0" and request.method != "OPTIONS":
            return Fault(483, "Too Many Hops")
        return None

    def _serve(self, request: Request, flow: Flow, source: Flow, now_s: float) -> Action:
        call = self._calls.find(request.headers.first("call-id"))
        if call and (repeated := self._dialogs.repeated(request, call)):
            return repeated.action
        tagged = NameAddress.parse(request.headers.first("to")).tag and request.method != "REGISTER"
        if not tagged and request.method in _OUTSIDE:
            return self._outside(request, flow, source, call, now_s)
        if call is None:
            return ToPhone(flow, refuse(request, UNKNOWN_DIALOG).render())
        action = self._dialogs.request(request, call, flow, now_s)
        if request.method == "PRACK" and isinstance(action, ToWorker):
            # It repeats the tag and the number of our provisional response.
            self.sources.verify(source.host, now_s)
        return action

    def _outside(
        self, request: Request, flow: Flow, source: Flow, call: EdgeCall | None, now_s: float
    ) -> Action:
        """Serve a request that is not within a call; ``call`` has the same Call-ID."""
        if request.method == "INVITE":
            return self._invite(request, flow, source, call, now_s)
        if request.method == "REGISTER":
            return self._register(request, flow, source, now_s)
        if request.method == "OPTIONS":
            return self._options(request, flow)
        if request.method == "MESSAGE":
            return self._texts.outside(request, flow, source, self.authenticator, now_s)
        # A REFER is accepted within a call only (RFC 3515 section 5.2).
        return ToPhone(flow, respond(request, 403, "Forbidden").render())

    def _ack(self, request: Request, source: Flow, now_s: float) -> ToWorker | None:
        call_id = request.headers.first("call-id")
        self._lost_calls.acknowledged(call_id)
        call = self._calls.find(call_id)
        forwarded = self._dialogs.acknowledge(request, call, source, now_s) if call else None
        if forwarded:
            self.sources.verify(source.host, now_s)
        return forwarded

    def _register(self, request: Request, flow: Flow, source: Flow, now_s: float) -> Action:
        passed = self.authenticator.check(request, flow, source, now_s)
        if not isinstance(passed, Passed):
            return passed
        self.sources.verify(source.host, now_s)
        return self._registrar.ask(request, passed.account_id, flow, now_s)

    def _options(self, request: Request, flow: Flow) -> ToPhone:
        if self._refusing or not self._calls.workers:
            return ToPhone(flow, self._unavailable(request))
        return ToPhone(flow, capabilities(request).render())

    def _invite(
        self, request: Request, flow: Flow, source: Flow, call: EdgeCall | None, now_s: float
    ) -> Action:
        if final := self._lost_calls.final_for(request.headers.first("call-id")):
            return ToPhone(flow, final)
        if call and call.state is not CallState.RELEASED:
            # RFC 3261 section 8.2.2.2: the same request by another path, or a Call-ID used twice.
            return ToPhone(flow, respond(request, 482, "Loop Detected").render())
        if trunk_id := self.registrants.trunk_of(SipUri.parse(request.uri).user):
            request.uri = called_uri(request)
            return self._open(request, flow, self._caller(trunk_id, request, source, verified=True), now_s)
        own = self._is_own(request)
        vouched = Passed() if own else self._vouched(request, source)
        passed = vouched or self.authenticator.check(request, flow, source, now_s)
        if not isinstance(passed, Passed):
            return passed
        if passed.account_id:
            self.sources.verify(source.host, now_s)
        # The handshake of a connection proves the address too.
        verified = source.transport != "UDP" or self.sources.is_verified(source.host, now_s)
        caller = self._caller(passed.account_id, request, source, verified=verified)
        return self._open(request, flow, caller, now_s)

    def _vouched(self, request: Request, source: Flow) -> Passed | None:
        """Return the caller that another node has checked, before it let a proxy of ours send the call here."""
        text = SipUri.parse(request.uri).parameters.get(VOUCHED, "")
        if not text or source.host not in self._limits.proxies:
            return None
        account_id = vouched_account(self._identity.node_key, text, request.headers.first("call-id"))
        return None if account_id is None else Passed(account_id)

    def _is_own(self, request: Request) -> bool:
        """Return whether a spiral is a call of ours, as the branch of our Via proves: its From is then not a phone's."""
        vias = request.headers.values("via")
        return any(
            self._identity.worker_of(Via.parse(ours), inner) for ours, inner in itertools.pairwise(vias)
        )

    @staticmethod
    def _caller(account_id: str, invite: Request, source: Flow, *, verified: bool) -> CallerHeader:
        return CallerHeader(account_id, source.host, verified, media_hosts(invite, source.host))

    def _open(self, request: Request, flow: Flow, caller: CallerHeader, now_s: float) -> ToPhone | ToWorker:
        worker = None if self._refusing else self._calls.fullest_with_room()
        if not worker:
            self._calls.outbox += self.abandoned.make_room(now_s)
        limited = self._limits.hold_for(flow.host)
        if not worker or (limited and not self._invites.admits(flow.host, now_s)):
            self._counters["sip_edge_overload"] += 1
            return ToPhone(flow, self._unavailable(request))
        if limited and not (caller.account_id or self._within_share(flow.host, now_s)):
            self._counters["sip_edge_share"] += 1
            self._calls.outbox += self.abandoned.make_room(now_s)
            return ToPhone(flow, self._unavailable(request))
        replaced = replaced_by(request, self._calls)
        if isinstance(replaced, Fault):
            return ToPhone(flow, refuse(request, replaced).render())
        try:
            forwarded = self._forwarder.invite(request, flow, worker, caller, replaces=replaced)
        except Unreadable:
            return ToPhone(flow, refuse(request, Fault(400, "Bad Header")).render())
        if forwarded is None:
            return ToPhone(flow, respond(request, 513, "Message Too Large").render())
        invite = Request(request.method, request.uri, Headers(list(request.headers.entries)))
        direct = goes_by_source(invite.headers, flow, trusted=bool(caller.account_id))
        call = EdgeCall(invite, flow, worker.worker_id, now_s, direct=direct, media_hosts=caller.media_hosts)
        call.account_id = caller.account_id
        call.outer_call_id = self.spirals.outer_of(call.call_id)
        self._counters["sip_edge_spirals"] += bool(call.outer_call_id)
        call.dialog.transactions.open(invite, flow, now_s)
        self._calls.open(call)
        return forwarded

    @property
    def _refusing(self) -> bool:
        return self.draining or self.overloaded

    def _within_share(self, host: str, now_s: float) -> bool:
        """Return whether a caller may have one more call that it has not acknowledged.

        A host has a quarter of all places for them, its prefix a half, and unverified hosts together a half; a
        verified host has three quarters.
        """
        waiting = self._calls.unconfirmed()
        own, prefix = network_of(host)
        networks = [network_of(call.flow.host) for call in waiting]
        half = max(self._calls.places // 2, _LEAST_SHARE)
        if self.sources.is_verified(host, now_s):
            return sum(each[0] == own for each in networks) < max(half * 3 // 2, _LEAST_SHARE)
        if sum(each[0] == own for each in networks) >= max(half // 2, _LEAST_SHARE):
            return False
        if sum(each[1] == prefix for each in networks) >= half:
            return False
        return sum(not self.sources.is_verified(call.flow.host, now_s) for call in waiting) < half

    def _unavailable(self, request: Request) -> bytes:
        extra = (("retry-after", _RETRY_AFTER_S),)
        return respond(request, 503, "Service Unavailable", extra=extra).render()
