"""The edge's handling of messages from workers: rewritten and sent to phones."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from mixminus.sip.edge.addressing import Identity, ToPhone, next_hop
from mixminus.sip.edge.aliases import request_to_phone
from mixminus.sip.edge.call import CallEvent, CallState, EdgeCall
from mixminus.sip.edge.calls import CallTable
from mixminus.sip.edge.dialogs import tag_of
from mixminus.sip.edge.forwarding import Forwarder
from mixminus.sip.edge.message import Headers, Request, Response
from mixminus.sip.edge.takeovers import Takeovers
from mixminus.sip.edge.transactions import Transaction, number_of
from mixminus.sip.edge.validation import OWN_CAPABILITIES, TEXT
from mixminus.sip.grammar import SIPFRAG, NameAddress, SipUri, Via
from mixminus.sip.internal_headers import OWN_WARNING, Flow
from mixminus.sip.sdp.description import MalformedSdp
from mixminus.sip.sdp.envelope import unfold
from mixminus.sip.tags import with_phones_tag

__all__ = ["WorkerSide"]

_FINAL: Final = 200
_FAILURE: Final = 300
_REDIRECTION: Final = 3


_ECHOED: Final = ("via", "from", "to", "call-id", "cseq")


def _restore(response: Headers, request: Headers) -> None:
    """Put the phone's own spelling of its headers into a response; the To tag is the worker's."""
    tag = tag_of(response, "to")
    names = (*_ECHOED, "record-route") if response.first("record-route") else _ECHOED
    response.remove(names)
    response.entries = [
        each for name in names for each in request.entries if each[0] == name
    ] + response.entries
    if tag and not tag_of(request, "to"):
        response.set("to", f"{request.first('to')};tag={tag}")


def _flow_in_dialog(request: Request, route: SipUri, flow: Flow) -> Flow:
    """Return where a request within a dialog goes; ``flow`` is the one that the dialog was opened by."""
    # Proxies on the path are in the route set. A host name is not resolved: the dialog's flow is used.
    hop = next_hop(request.headers.values("route"), request.uri)
    if hop and "direct" not in route.parameters:
        return hop
    if hop and flow.transport == hop.transport != "UDP":
        return replace(hop, connection=flow.connection, name=flow.name)
    return flow


def _translate(request: Request, call: EdgeCall) -> None:
    """Write the request of a worker that has taken a call over as the phone knows the dialog."""
    assert call.alias
    invite, answer = call.invite.headers, call.answer or Headers()
    ours, theirs = invite.first("from"), answer.first("to")
    if not call.outgoing:
        ours, theirs = theirs, ours
    request_to_phone(request.headers, call.alias, ours=ours, theirs=theirs)


class WorkerSide:
    """Puts the public address into a worker's messages, and keeps what is needed to end its calls without it."""

    def __init__(
        self,
        identity: Identity,
        calls: CallTable,
        takeovers: Takeovers,
        counters: Counter[str],
        *,
        on_called: Callable[[str, float], None] = lambda _host, _now_s: None,
    ) -> None:
        """``on_called`` gets the host of each outgoing call."""
        self._on_called = on_called
        self._identity = identity
        self._forwarder = Forwarder(identity, counters)
        self._calls = calls
        self._takeovers = takeovers
        self._counters = counters

    def response(self, response: Response, worker_id: int, now_s: float) -> ToPhone | None:
        """Send a response to the phone whose request it answers, with that request's own headers."""
        if self._takeovers.answered(response, worker_id, now_s):
            return None
        via = Via.parse(response.headers.pop("via"))
        call = self._calls.find(response.headers.first("call-id"))
        number, _, method = response.headers.first("cseq").partition(" ")
        transaction = call.dialog.transactions.find(method.strip(), int(number)) if call else None
        if not (self._identity.is_inner(via) and call and transaction and call.worker_id == worker_id):
            self._counters["sip_edge_late_response"] += 1
            return None
        self._follow(call, transaction, response, now_s)
        self._acknowledge(call, transaction, response, now_s)
        _restore(response.headers, transaction.request.headers)
        sent = self._to_phone(response, transaction.flow, worker_id)
        if sent:
            transaction.status_code, transaction.response = response.status_code, sent.message
        return sent

    def request(self, request: Request, worker_id: int, now_s: float) -> ToPhone | None:
        """Send a request that the worker makes; its first route is ours and carries the flow."""
        route = NameAddress.parse(request.headers.pop("route"))
        target = SipUri.parse(route.uri)
        flow = Flow.from_token(target.parameters.get("flow", ""))
        leg = target.parameters.get("leg", "")
        if not leg:
            flow = _flow_in_dialog(request, target, flow)
        for name in ("from", "to"):
            request.headers.set(name, with_phones_tag(request.headers.first(name)))
        call = self._calls.find(request.headers.first("call-id"))
        if call and call.alias and call.worker_id == worker_id:
            _translate(request, call)
        if call:
            number = int(request.headers.first("cseq").split()[0])
            call.sequence_number = max(call.sequence_number, number)
            call.dialog.sent(request, now_s)
        if hops := target.parameters.get("hops"):
            request.headers.set("max-forwards", hops)
        via = self._identity.public_via(flow, str(worker_id), request.headers.first("via"))
        request.headers.push("via", via)
        sent = self._to_phone(request, flow, worker_id)
        if leg and sent and request.method == "INVITE":
            call = self._add_outgoing(request, flow, worker_id, leg, now_s)
            call.account_id = target.parameters.get("account", "")
            if wait_s := float(target.parameters.get("wait", "0")):
                self._calls.first_responses.sent(request, flow, now_s + wait_s)
        return sent

    def _add_outgoing(self, invite: Request, flow: Flow, worker_id: int, leg: str, now_s: float) -> EdgeCall:
        """Add an outgoing call to the table; after a challenge its INVITE comes a second time."""
        worker = self._calls.workers[worker_id]
        worker.sip_call_ids.discard(leg)
        self._on_called(flow.host, now_s)
        kept = Request(invite.method, invite.uri, Headers(list(invite.headers.entries)))
        if call := self._calls.find(invite.headers.first("call-id")):
            call.invite = kept
            call.dialog.sent(kept, now_s)
            return call
        call = EdgeCall(kept, flow, worker_id, now_s, outgoing=True, leg_id=leg)
        # No 100 is awaited: the worker has sent the INVITE, and a phone may take long.
        call.fire(CallEvent.PROGRESSED, now_s)
        call.dialog.sent(kept, now_s)
        self._calls.open(call)
        return call

    def _to_phone(self, message: Request | Response, flow: Flow, worker_id: int) -> ToPhone | None:
        # pjsip's Warning discloses this machine's name; its Allow and Supported list what the edge refuses.
        if not message.headers.first("warning").startswith(OWN_WARNING):
            message.headers.remove(("warning",))
        if isinstance(message, Request):
            message.headers.set("from", self._identity.with_port(message.headers.first("from")))
        for name, value in OWN_CAPABILITIES:
            if message.headers.first(name):
                message.headers.set(name, value)
        contacts = message.headers.values("contact")
        if contacts and isinstance(message, Response) and message.status_code // 100 == _REDIRECTION:
            # pjsip puts its own Contact before that of the server.
            message.headers.set("contact", contacts[-1])
            self._counters["sip_edge_redirected"] += 1
        elif contacts:
            message.headers.set("contact", self._identity.contact(worker_id, flow))
        if message.body and message.headers.first("content-type") not in (SIPFRAG, TEXT):
            try:
                message.body = unfold(message.body.decode()).encode()
            except (MalformedSdp, UnicodeDecodeError):
                self._counters["sip_edge_bare_description"] += 1
                return None
        return ToPhone(flow, message.render())

    def _follow(self, call: EdgeCall, transaction: Transaction, response: Response, now_s: float) -> None:
        """Update the dialog by a response to an INVITE, and the call's state by those to its first one."""
        status_code, dialog = response.status_code, call.dialog
        if transaction.request.method != "INVITE":
            return
        number = number_of(transaction.request)
        if rseq := response.headers.first("rseq"):
            dialog.reliable = f"{rseq} {number} INVITE"
        if _FINAL <= status_code < _FAILURE:
            dialog.answered_with_success(number, now_s)
            if call.state is not CallState.RELEASED:
                self._calls.await_acknowledgement(call)
        if call.outgoing or call.state is CallState.RELEASED:
            return
        if number != number_of(call.invite):
            return
        if status_code < _FAILURE:
            dialog.local_tag = dialog.local_tag or tag_of(response.headers, "to")
        if status_code < _FINAL:
            if call.state is not CallState.ESTABLISHED:
                self._calls.fire(call, CallEvent.PROGRESSED, now_s)
        elif status_code < _FAILURE:
            call.answer = Headers(list(response.headers.entries))
            dialog.confirmed = True
            self._calls.fire(call, CallEvent.ANSWERED, now_s)
        elif call.state is not CallState.ESTABLISHED:
            call.redirected = status_code // 100 == _REDIRECTION
            self._calls.fire(call, CallEvent.ENDED, now_s)

    def _acknowledge(
        self, call: EdgeCall, transaction: Transaction, response: Response, now_s: float
    ) -> None:
        """Acknowledge a refusal at once: the worker need not wait for a phone that may never do it."""
        invite = transaction.request
        worker = self._calls.worker_of(call)
        if invite.method != "INVITE" or response.status_code < _FAILURE or not worker:
            return
        to = response.headers.first("to")
        if ack := self._forwarder.acknowledgement(invite, to, transaction.flow, worker):
            self._calls.outbox.append(ack)
