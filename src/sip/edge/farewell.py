"""Farewells: the edge ends, in a lost worker's name, the calls that it had.

An established call gets a BYE built from what passed through the edge; a call
not yet answered gets a final response. Both are repeated until confirmed or
too old (RFC 3261 timers E and G, shortened: the worker is gone for good).
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from mixminus.sip.edge.calls import LINGER_S, CallState, EdgeCall
from mixminus.sip.edge.flow import Flow, ToPhone
from mixminus.sip.edge.identity import NO_WORKER, Identity, branch_of
from mixminus.sip.edge.message import Headers, Request
from mixminus.sip.edge.outward import next_hop
from mixminus.sip.edge.responses import respond
from mixminus.sip.grammar import NameAddress, Via

__all__ = ["Farewells"]

_MAX_FAREWELLS: Final = 16_384
_CANCEL_HEADERS: Final = frozenset({"route", "max-forwards", "from", "to", "call-id", "cseq"})
_INTERVALS_S: Final = (0.5, 1.0, 2.0, 4.0)


@dataclass(slots=True)
class _Farewell:
    flow: Flow
    message: bytes
    branch: str
    """Of our BYE or CANCEL; empty for a final response."""
    said_at_s: float
    due_at_s: float
    sent: int = 1
    confirmed: bool = False


class Farewells:
    """Those that are under way, by Call-ID, in the order in which they were begun."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._by_call: OrderedDict[str, _Farewell] = OrderedDict()

    def say(self, call: EdgeCall, now_s: float) -> ToPhone:
        """Begin a farewell."""
        if call.state is CallState.ESTABLISHED:
            flow, request, branch = self._bye(call)
            message = request.render()
        elif call.outgoing:
            flow, branch, message = call.flow, _branch_of(call.invite), _cancel(call.invite).render()
        else:
            flow, branch = call.flow, ""
            message = respond(call.invite, 500, "Server Internal Error").render()
        self._by_call[call.call_id] = _Farewell(flow, message, branch, now_s, now_s + _INTERVALS_S[0])
        if len(self._by_call) > _MAX_FAREWELLS:
            self._by_call.popitem(last=False)
        return ToPhone(flow, message)

    def _bye(self, call: EdgeCall) -> tuple[Flow, Request, str]:
        invite, answer = call.invite.headers, call.answer or Headers()
        theirs = answer if call.outgoing else invite
        routes = theirs.values("record-route")
        if call.outgoing:
            routes.reverse()
        uri = NameAddress.parse(theirs.first("contact")).uri
        direct = not routes if call.outgoing else len(invite.values("via")) == 1
        flow = call.flow if direct else next_hop(routes, uri) or call.flow
        branch = branch_of("farewell", call.call_id)
        headers = Headers(
            [
                ("via", self._identity.public_via(flow, branch, NO_WORKER)),
                *(("route", route) for route in routes),
                ("max-forwards", "70"),
                ("from", invite.first("from") if call.outgoing else answer.first("to")),
                ("to", answer.first("to") if call.outgoing else invite.first("from")),
                ("call-id", call.call_id),
                ("cseq", f"{call.sequence_number + 1} BYE"),
                ("reason", 'SIP;cause=500;text="worker lost"'),
            ]
        )
        return flow, Request("BYE", uri, headers), branch

    @property
    def pending(self) -> bool:
        """Whether one is still to be repeated."""
        return any(not each.confirmed and each.sent < len(_INTERVALS_S) for each in self._by_call.values())

    def answered(self, branch: str) -> None:
        """Note the response to one of our BYEs."""
        for farewell in self._by_call.values():
            if farewell.branch == branch:
                farewell.confirmed = True

    def acknowledged(self, call_id: str) -> None:
        """Note the ACK to one of our final responses."""
        if farewell := self._by_call.get(call_id):
            farewell.confirmed = True

    def final_for(self, call_id: str) -> bytes:
        """Return the final response that a repeated INVITE is to get again."""
        farewell = self._by_call.get(call_id)
        return farewell.message if farewell and not farewell.branch else b""

    def turn(self, now_s: float) -> list[ToPhone]:
        """Return what is to be repeated now, and forget what is too old."""
        while self._by_call:
            call_id, oldest = next(iter(self._by_call.items()))
            if now_s - oldest.said_at_s < LINGER_S:
                break
            del self._by_call[call_id]
        repeated = []
        for farewell in self._by_call.values():
            if not farewell.confirmed and farewell.sent < len(_INTERVALS_S) and now_s >= farewell.due_at_s:
                farewell.due_at_s = now_s + _INTERVALS_S[farewell.sent]
                farewell.sent += 1
                repeated.append(ToPhone(farewell.flow, farewell.message))
        return repeated


def _branch_of(request: Request) -> str:
    return Via.parse(request.headers.first("via")).parameters.get("branch", "")


def _cancel(invite: Request) -> Request:
    """Take back an INVITE of ours that is not answered yet (RFC 3261 section 9.1)."""
    headers = Headers([entry for entry in invite.headers.entries if entry[0] in _CANCEL_HEADERS])
    number = invite.headers.first("cseq").split()[0]
    headers.entries = [("via", invite.headers.first("via")), *headers.entries]
    headers.set("cseq", f"{number} CANCEL")
    return Request("CANCEL", invite.uri, headers)
