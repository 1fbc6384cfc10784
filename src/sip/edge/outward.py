"""Outward: what becomes of a message that comes from a worker."""

import ipaddress
from collections import Counter
from dataclasses import replace
from typing import Final

from mixminus.sip.edge.calls import CallEvent, CallState, CallTable, EdgeCall
from mixminus.sip.edge.flow import Flow, ToPhone
from mixminus.sip.edge.identity import Identity, branch_of
from mixminus.sip.edge.message import Headers, Request, Response
from mixminus.sip.edge.responses import OWN_CAPABILITIES
from mixminus.sip.grammar import DEFAULT_SIP_PORT, NameAddress, SipUri, Unreadable, Via
from mixminus.sip.referral import REFER_TAKEN, SIPFRAG
from mixminus.sip.sdp.description import MalformedSdp
from mixminus.sip.sdp.envelope import unfold

__all__ = ["Outward", "next_hop"]

_FINAL: Final = 200
_ACCEPTED: Final = 202
_FAILURE: Final = 300


def next_hop(routes: list[str], uri: str) -> Flow | None:
    """Return the flow to the topmost route, or to the URI; None when it has a name and not an address."""
    try:
        target = SipUri.parse(NameAddress.parse(routes[0]).uri if routes else uri)
        host = str(ipaddress.ip_address(target.host))
    except ValueError:
        return None
    transport = target.parameters.get("transport", "udp").upper()
    if transport == "TCP":
        return Flow("TCP", host, target.port or DEFAULT_SIP_PORT)
    return Flow("UDP", host, target.port or DEFAULT_SIP_PORT)


def _flow_in_dialog(request: Request, route: SipUri, flow: Flow) -> Flow:
    """Return where a request within a dialog goes, when ``flow`` is the way by which the dialog came."""
    # Proxies that stand between have named their way. A host name is not resolved: the way it came will do.
    hop = next_hop(request.headers.values("route"), request.uri)
    if hop and "direct" not in route.parameters:
        return hop
    if hop and flow.transport == hop.transport == "TCP":
        return replace(hop, connection=flow.connection)
    return flow


class Outward:
    """Gives a worker's messages their public face, and remembers what a farewell would need."""

    def __init__(self, identity: Identity, calls: CallTable, counters: Counter[str]) -> None:
        self._identity = identity
        self._calls = calls
        self._counters = counters

    def response(self, response: Response, worker_id: int, now_s: float) -> ToPhone | None:
        """Send a response back along the flow that its Via remembers."""
        via = Via.parse(response.headers.pop("via"))
        if not self._identity.is_inner(via):
            return None
        flow = Flow.from_token(via.parameters.get("flow", ""))
        self._note(response, now_s)
        if response.status_code == REFER_TAKEN:
            response.status_code, response.reason = _ACCEPTED, "Accepted"
        self._drop_inner_route(response.headers)
        return self._to_phone(response, flow, worker_id)

    def request(self, request: Request, worker_id: int, now_s: float) -> ToPhone | None:
        """Send a request of the worker's own; its first route is ours, and says where to."""
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
            self._note_dialled(request, flow, worker_id, leg, now_s)
        return sent

    def _note_dialled(self, invite: Request, flow: Flow, worker_id: int, leg: str, now_s: float) -> None:
        """Enter a call of ours; asked for credentials, its INVITE comes once more."""
        worker = self._calls.workers[worker_id]
        worker.sip_call_ids.discard(leg)
        kept = Request(invite.method, invite.uri, Headers(list(invite.headers.entries)))
        if call := self._calls.find(invite.headers.first("call-id")):
            call.invite = kept
            return
        call = EdgeCall(kept, flow, worker_id, now_s, outgoing=True)
        # Nobody but the phone has to be heard from, and phones take their time.
        call.fire(CallEvent.PROGRESSED, now_s)
        self._calls.open(call)

    def _to_phone(self, message: Request | Response, flow: Flow, worker_id: int) -> ToPhone | None:
        # pjsip's Warning names this machine; its Allow and Supported know nothing of what is refused here.
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

    def _note(self, response: Response, now_s: float) -> None:
        """Follow the first INVITE of a call by its responses."""
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
