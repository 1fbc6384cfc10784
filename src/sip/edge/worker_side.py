"""The edge's handling of messages from workers: rewritten and sent to phones."""

from collections import Counter
from dataclasses import replace
from typing import Final

from mixminus.sip.edge.addressing import Identity, ToPhone, branch_of, next_hop
from mixminus.sip.edge.calls import CallEvent, CallState, CallTable, EdgeCall
from mixminus.sip.edge.message import Headers, Request, Response
from mixminus.sip.edge.validation import OWN_CAPABILITIES
from mixminus.sip.grammar import SIPFRAG, NameAddress, SipUri, Unreadable, Via
from mixminus.sip.internal_headers import REFER_TAKEN, Flow
from mixminus.sip.sdp.description import MalformedSdp
from mixminus.sip.sdp.envelope import unfold

__all__ = ["WorkerSide"]

_FINAL: Final = 200
_ACCEPTED: Final = 202
_FAILURE: Final = 300


def _flow_in_dialog(request: Request, route: SipUri, flow: Flow) -> Flow:
    """Return where a request within a dialog goes; ``flow`` is the one that the dialog was opened by."""
    # Proxies on the path are in the route set. A host name is not resolved: the dialog's flow is used.
    hop = next_hop(request.headers.values("route"), request.uri)
    if hop and "direct" not in route.parameters:
        return hop
    if hop and flow.transport == hop.transport == "TCP":
        return replace(hop, connection=flow.connection)
    return flow


class WorkerSide:
    """Puts the public address into a worker's messages, and keeps what is needed to end its calls without it."""

    def __init__(self, identity: Identity, calls: CallTable, counters: Counter[str]) -> None:
        self._identity = identity
        self._calls = calls
        self._counters = counters

    def response(self, response: Response, worker_id: int, now_s: float) -> ToPhone | None:
        """Send a response along the flow in its Via."""
        via = Via.parse(response.headers.pop("via"))
        if not self._identity.is_inner(via):
            return None
        flow = Flow.from_token(via.parameters.get("flow", ""))
        self._follow(response, now_s)
        if response.status_code == REFER_TAKEN:
            response.status_code, response.reason = _ACCEPTED, "Accepted"
        self._drop_inner_route(response.headers)
        return self._to_phone(response, flow, worker_id)

    def request(self, request: Request, worker_id: int, now_s: float) -> ToPhone | None:
        """Send a request that the worker makes; its first route is ours and carries the flow."""
        route = NameAddress.parse(request.headers.pop("route"))
        target = SipUri.parse(route.uri)
        flow = Flow.from_token(target.parameters.get("flow", ""))
        leg = target.parameters.get("leg", "")
        if not leg:
            flow = _flow_in_dialog(request, target, flow)
        call = self._calls.find(request.headers.first("call-id"))
        if call:
            number = int(request.headers.first("cseq").split()[0])
            call.sequence_number = max(call.sequence_number, number)
        branch = branch_of(str(worker_id), request.headers.first("via"))
        request.headers.push("via", self._identity.public_via(flow, branch, str(worker_id)))
        sent = self._to_phone(request, flow, worker_id)
        if leg and sent and request.method == "INVITE":
            self._add_outgoing(request, flow, worker_id, leg, now_s)
        return sent

    def _add_outgoing(self, invite: Request, flow: Flow, worker_id: int, leg: str, now_s: float) -> None:
        """Add an outgoing call to the table; after a challenge its INVITE comes a second time."""
        worker = self._calls.workers[worker_id]
        worker.sip_call_ids.discard(leg)
        kept = Request(invite.method, invite.uri, Headers(list(invite.headers.entries)))
        if call := self._calls.find(invite.headers.first("call-id")):
            call.invite = kept
            return
        call = EdgeCall(kept, flow, worker_id, now_s, outgoing=True)
        # No 100 is awaited: the worker has sent the INVITE, and a phone may take long.
        call.fire(CallEvent.PROGRESSED, now_s)
        self._calls.open(call)

    def _to_phone(self, message: Request | Response, flow: Flow, worker_id: int) -> ToPhone | None:
        # pjsip's Warning discloses this machine's name; its Allow and Supported list what the edge refuses.
        message.headers.remove(("warning",))
        for name, value in OWN_CAPABILITIES:
            if message.headers.first(name):
                message.headers.set(name, value)
        if message.headers.first("contact"):
            message.headers.set("contact", self._identity.contact(worker_id, flow))
        if message.body and message.headers.first("content-type") != SIPFRAG:
            try:
                message.body = unfold(message.body.decode()).encode()
            except (MalformedSdp, UnicodeDecodeError):
                self._counters["sip_edge_bare_description"] += 1
                return None
        return ToPhone(flow, message.render())

    def _follow(self, response: Response, now_s: float) -> None:
        """Update a call's state by the responses to its first INVITE."""
        number, _, method = response.headers.first("cseq").partition(" ")
        call = self._calls.find(response.headers.first("call-id"))
        if not call or call.outgoing or call.state is CallState.RELEASED or method.strip() != "INVITE":
            return
        if call.invite.headers.first("cseq").split()[0] != number:
            return
        if response.status_code < _FINAL:
            if call.state is not CallState.ESTABLISHED:
                self._calls.fire(call, CallEvent.PROGRESSED, now_s)
        elif response.status_code < _FAILURE:
            call.answer = Headers(list(response.headers.entries))
            self._calls.fire(call, CallEvent.ANSWERED, now_s)
        elif call.state is not CallState.ESTABLISHED:
            self._calls.fire(call, CallEvent.ENDED, now_s)

    def _drop_inner_route(self, headers: Headers) -> None:
        routes = headers.values("record-route")
        try:
            first = SipUri.parse(NameAddress.parse(routes[0]).uri) if routes else None
        except Unreadable:
            return
        if first and "flow" in first.parameters and first.port == self._identity.inner_port:
            headers.pop("record-route")
