"""The edge's handling of messages from the public side: answered here, or forwarded to a worker."""

import re
from collections import Counter
from collections.abc import Collection
from typing import Final

from mixminus.sip.edge.addressing import Action, Identity, ToPhone, ToWorker, branch_of, reply_flow, stamp
from mixminus.sip.edge.authentication import Authenticator, Passed
from mixminus.sip.edge.calls import CallEvent, CallState, CallTable, EdgeCall, Worker
from mixminus.sip.edge.digest import Algorithm
from mixminus.sip.edge.limits import RateLimit
from mixminus.sip.edge.lost_calls import LostCalls
from mixminus.sip.edge.message import Fault, Headers, Request, Response
from mixminus.sip.edge.registrar import Registrar
from mixminus.sip.edge.repair import Repair
from mixminus.sip.edge.validation import can_be_answered, capabilities, fault_of, refuse, respond
from mixminus.sip.grammar import NameAddress, SipUri, Via
from mixminus.sip.internal_headers import CALLER_HEADER, CallerHeader, Flow
from mixminus.sip.messages import AnswerAccount, AnswerRegistration
from mixminus.sip.sdp.envelope import fold

__all__ = ["MAX_INNER_BYTES", "PhoneSide"]

# PJSIP_MAX_PKT_LEN is 4000 in the wheel, and longer messages are truncated silently.
MAX_INNER_BYTES: Final = 3900
_RETRY_AFTER_S: Final = "5"
_DEFAULT_MAX_FORWARDS: Final = 70
_TRYING: Final = 100
_SUCCESS: Final = 200
_FAILURE: Final = 300

_IN_DIALOG_ONLY: Final = frozenset({"REFER", "NOTIFY"})

_WORKER = re.compile(r"[0-9]{1,9}\Z")
_WORKER_USER = re.compile(r"w([0-9]{1,9})\Z")

# What a worker uses; other headers would only count against MAX_INNER_BYTES.
_REQUEST_HEADERS: Final = frozenset({
    "via", "max-forwards", "from", "to", "call-id", "cseq", "contact", "record-route", "content-type",
    "supported", "require", "session-expires", "min-se", "allow", "rack", "reason", "user-agent",
    "refer-to", "event", "subscription-state",
})  # fmt: skip
_RESPONSE_HEADERS: Final = frozenset({
    "via", "from", "to", "call-id", "cseq", "contact", "record-route", "content-type",
    "supported", "require", "session-expires", "min-se", "allow", "unsupported", "retry-after", "rseq",
    "www-authenticate", "proxy-authenticate",
})  # fmt: skip


class PhoneSide:
    """Validates, authenticates, answers or forwards; a message leads to at most one action."""

    def __init__(
        self,
        identity: Identity,
        calls: CallTable,
        lost_calls: LostCalls,
        counters: Counter[str],
        *,
        invites_per_s: float,
        domain: str,
        algorithms: Collection[Algorithm],
    ) -> None:
        self.draining = False
        self.authenticator = Authenticator(domain, frozenset({identity.host}), algorithms, counters)
        self._registrar = Registrar(counters)
        self._identity = identity
        self._calls = calls
        self._lost_calls = lost_calls
        self._counters = counters
        self._invites = RateLimit(invites_per_s)
        self._repair = Repair(counters)

    def request(self, request: Request, source: Flow, now_s: float) -> Action:
        """Handle a request; ``source`` is the address that it really came from."""
        self._repair.request(request)
        fault = fault_of(request)
        if not fault and request.method == "ACK":
            return self._ack(request, source)
        if not can_be_answered(request):
            self._counters["sip_edge_unanswerable"] += 1
            return None
        via = Via.parse(request.headers.pop("via"))
        request.headers.push("via", stamp(via, source).render())
        flow = reply_flow(via, source)
        if fault := fault or self._loop(request):
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

    def expire(self, now_s: float) -> list[ToPhone]:
        """Answer the requests that have waited too long for the server."""
        waiting = self.authenticator.accounts.expire(now_s)
        self._counters["sip_edge_unanswered_asks"] += len(waiting)
        refused = [ToPhone(each.flow, self._unavailable(each.request)) for each in waiting]
        return refused + self._registrar.expire(now_s)

    def response(self, response: Response, source: Flow, now_s: float) -> ToWorker | None:
        """Forward a phone's response to the worker whose request it answers."""
        via = Via.parse(response.headers.pop("via") or "")
        if not self._identity.is_public(via):
            self._counters["sip_edge_strange_response"] += 1
            return None
        worker = self._worker_named(via.parameters.get("worker", ""))
        if not worker:
            self._lost_calls.answered(via.parameters.get("branch", ""))
            return None
        call = self._calls.find(response.headers.first("call-id"))
        self._repair.response(response, call.invite if call and call.outgoing else None)
        response.headers.keep(_RESPONSE_HEADERS)
        if _may_open_dialog(response):
            self._keep_answer(response, now_s)
            # The worker reverses the list: the last entry is its first hop (RFC 3261 section 12.1.2).
            direct = not response.headers.values("record-route")
            response.headers.add("record-route", self._identity.inner_route(source, direct=direct))
        response.body = _folded(response.headers, response.body)
        return self._to_worker(worker, response)

    def _keep_answer(self, response: Response, now_s: float) -> None:
        """Keep the first 2xx of an outgoing call."""
        call = self._calls.find(response.headers.first("call-id"))
        if call and call.outgoing and not call.answer and response.status_code >= _SUCCESS:
            call.answer = Headers(list(response.headers.entries))
            if call.state is not CallState.RELEASED:
                self._calls.fire(call, CallEvent.ANSWERED, now_s)

    def _loop(self, request: Request) -> Fault | None:
        """RFC 3261 section 16.3 step 4: refuse what has passed here before."""
        hops = [Via.parse(via) for via in request.headers.values("via")]
        if any(self._identity.is_public(via) or self._identity.is_inner(via) for via in hops):
            return Fault(482, "Loop Detected")
        if request.headers.first("max-forwards") == "0" and request.method != "OPTIONS":
            return Fault(483, "Too Many Hops")
        return None

    def _serve(self, request: Request, flow: Flow, source: Flow, now_s: float) -> Action:
        if request.method == "REGISTER":
            return self._register(request, flow, source, now_s)
        call = self._calls.find(request.headers.first("call-id"))
        in_dialog = bool(NameAddress.parse(request.headers.first("to")).tag)
        if request.method == "INVITE" and not in_dialog:
            return self._invite(request, flow, source, call, now_s)
        if request.method == "OPTIONS" and not in_dialog:
            return self._options(request, flow)
        if request.method in _IN_DIALOG_ONLY and not in_dialog:
            # A REFER is accepted within a call only (RFC 3515 section 5.2).
            return ToPhone(flow, respond(request, 403, "Forbidden").render())
        if worker := self._worker_of(request, call, in_dialog=in_dialog):
            return self._forward(request, flow, worker)
        return ToPhone(flow, respond(request, 481, "Call/Transaction Does Not Exist").render())

    def _ack(self, request: Request, source: Flow) -> ToWorker | None:
        call_id = request.headers.first("call-id")
        self._lost_calls.acknowledged(call_id)
        worker = self._worker_of(request, self._calls.find(call_id), in_dialog=True)
        forwarded = self._forward(request, source, worker) if worker else None
        return forwarded if isinstance(forwarded, ToWorker) else None

    def _register(self, request: Request, flow: Flow, source: Flow, now_s: float) -> Action:
        passed = self.authenticator.check(request, flow, source, now_s)
        if not isinstance(passed, Passed):
            return passed
        return self._registrar.ask(request, passed.account_id, flow, now_s)

    def _options(self, request: Request, flow: Flow) -> ToPhone:
        if self.draining or not self._calls.workers:
            return ToPhone(flow, self._unavailable(request))
        return ToPhone(flow, capabilities(request).render())

    def _invite(
        self, request: Request, flow: Flow, source: Flow, call: EdgeCall | None, now_s: float
    ) -> Action:
        if final := self._lost_calls.final_for(request.headers.first("call-id")):
            return ToPhone(flow, final)
        if call and call.is_same_transaction(request):
            worker = self._calls.workers.get(call.worker_id)
            return self._forward(request, flow, worker, opens=True) if worker else None
        if call and call.state is not CallState.RELEASED:
            # RFC 3261 section 8.2.2.2: the same request by another path, or a Call-ID used twice.
            return ToPhone(flow, respond(request, 482, "Loop Detected").render())
        if holder := self._calls.holder(request.headers.first("call-id")):
            # From before a restart of the edge: the worker recognises retransmissions and loops by itself.
            return self._forward(request, flow, holder, opens=True)
        passed = self.authenticator.check(request, flow, source, now_s)
        if not isinstance(passed, Passed):
            return passed
        return self._open(request, flow, CallerHeader(passed.account_id, source.host), now_s)

    def _open(self, request: Request, flow: Flow, caller: CallerHeader, now_s: float) -> ToPhone | ToWorker:
        worker = None if self.draining else self._calls.least_loaded()
        if not self._invites.admits(flow.host, now_s) or not worker:
            self._counters["sip_edge_overload"] += 1
            return ToPhone(flow, self._unavailable(request))
        invite = Request(request.method, request.uri, Headers(list(request.headers.entries)))
        forwarded = self._forward(request, flow, worker, opens=True, caller=caller)
        if isinstance(forwarded, ToWorker):
            self._calls.open(EdgeCall(invite, flow, worker.worker_id, now_s))
        return forwarded

    def _unavailable(self, request: Request) -> bytes:
        extra = (("retry-after", _RETRY_AFTER_S),)
        return respond(request, 503, "Service Unavailable", extra=extra).render()

    def _worker_of(self, request: Request, call: EdgeCall | None, *, in_dialog: bool) -> Worker | None:
        """Look in the table first: the ACK to a refusal and CANCEL carry the dialled URI, not a worker's Contact."""
        if call and (worker := self._calls.workers.get(call.worker_id)):
            return worker
        if holder := self._calls.holder(request.headers.first("call-id")):
            return holder
        if not in_dialog:
            return None
        match = _WORKER_USER.match(SipUri.parse(request.uri).user)
        return self._worker_named(match[1]) if match else None

    def _worker_named(self, worker_id: str) -> Worker | None:
        return self._calls.workers.get(int(worker_id)) if _WORKER.match(worker_id) else None

    def _forward(
        self,
        request: Request,
        flow: Flow,
        worker: Worker,
        *,
        opens: bool = False,
        caller: CallerHeader | None = None,
    ) -> ToPhone | ToWorker:
        headers = Headers(list(request.headers.entries))
        vias = headers.values("via")
        headers.keep(_REQUEST_HEADERS)
        hops = int(headers.first("max-forwards") or _DEFAULT_MAX_FORWARDS)
        headers.set("max-forwards", str(hops - 1))
        if caller:
            headers.add(CALLER_HEADER, caller.render())
        if opens:
            headers.push("record-route", self._identity.inner_route(flow, direct=len(vias) == 1))
        # The same for an INVITE, its CANCEL, the ACK to its refusal, and all retransmissions.
        via = Via.parse(vias[0])
        seeds = (via.host, str(via.port), via.parameters.get("branch", ""), headers.first("call-id"))
        branch = branch_of(*seeds, headers.first("cseq").split()[0])
        headers.push("via", self._identity.inner_via(flow, branch))
        forwarded = Request(request.method, request.uri, headers, _folded(headers, request.body))
        sent = self._to_worker(worker, forwarded)
        return sent or ToPhone(flow, respond(request, 513, "Message Too Large").render())

    def _to_worker(self, worker: Worker, message: Request | Response) -> ToWorker | None:
        rendered = message.render()
        if len(rendered) > MAX_INNER_BYTES:
            self._counters["sip_edge_too_large"] += 1
            return None
        return ToWorker(worker.sip_port, rendered)


def _may_open_dialog(response: Response) -> bool:
    method = response.headers.first("cseq").partition(" ")[2].strip()
    return method == "INVITE" and _TRYING < response.status_code < _FAILURE


def _folded(headers: Headers, body: bytes) -> bytes:
    """Return a body with its session description in an envelope; other bodies are unchanged."""
    kind = headers.first("content-type").partition(";")[0].strip().lower()
    if body and kind == "application/sdp":
        return fold(body.decode("utf-8", "replace")).encode()
    return body
