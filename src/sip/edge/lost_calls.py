"""Lost calls: the edge ends the calls of a worker that has crashed, in its place.

An established call gets a BYE built from what passed through the edge; a call not yet answered gets a
final response, or a CANCEL if it is an outgoing one. Each is retransmitted until confirmed or too old (RFC 3261
timers E and G, shortened).
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from mixminus.sip.edge.addressing import NO_WORKER, Identity, ToPhone, next_hop
from mixminus.sip.edge.call import CallState, EdgeCall
from mixminus.sip.edge.message import Headers, Request
from mixminus.sip.edge.validation import respond
from mixminus.sip.grammar import NameAddress, Via
from mixminus.sip.internal_headers import Flow

__all__ = ["LostCalls", "cancel"]

_MAX_ENDINGS: Final = 16_384
# RFC 3261 section 17.1.1.2, timer D: how long a phone may retransmit.
_LINGER_S: Final = 32.0
_CANCEL_HEADERS: Final = frozenset({"route", "max-forwards", "from", "to", "call-id", "cseq"})
_INTERVALS_S: Final = (0.5, 1.0, 2.0, 4.0)


@dataclass(slots=True)
class _Ending:
    flow: Flow
    message: bytes
    branch: str
    """Of our BYE or CANCEL; empty for a final response."""
    begun_at_s: float
    due_at_s: float
    sent: int = 1
    confirmed: bool = False


class LostCalls:
    """The endings in progress, by Call-ID, oldest first."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._by_call: OrderedDict[str, _Ending] = OrderedDict()

    def end(self, call: EdgeCall, now_s: float) -> ToPhone:
        """Start ending a call; return what is sent first."""
        if call.state is CallState.ESTABLISHED:
            flow, request, branch = self._bye(call)
            message = request.render()
        elif call.outgoing:
            flow, branch, message = call.flow, _branch_of(call.invite), cancel(call.invite).render()
        else:
            flow, branch = call.flow, ""
            message = respond(call.invite, 500, "Server Internal Error").render()
        self._by_call[call.call_id] = _Ending(flow, message, branch, now_s, now_s + _INTERVALS_S[0])
        if len(self._by_call) > _MAX_ENDINGS:
            self._by_call.popitem(last=False)
        return ToPhone(flow, message)

    def _bye(self, call: EdgeCall) -> tuple[Flow, Request, str]:
        invite, answer = call.invite.headers, call.answer or Headers()
        theirs = answer if call.outgoing else invite
        routes = theirs.values("record-route")
        if call.outgoing:
            routes.reverse()
        uri = NameAddress.parse(call.target or theirs.first("contact")).uri
        flow = call.flow if call.direct else next_hop(routes, uri) or call.flow
        branch = self._identity.branch(NO_WORKER, call.call_id)
        headers = Headers(
            [
                ("via", self._identity.public_via(flow, NO_WORKER, call.call_id)),
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
        """Whether a message is still to be retransmitted."""
        return any(not each.confirmed and each.sent < len(_INTERVALS_S) for each in self._by_call.values())

    def answered(self, branch: str) -> bool:
        """Take a response; return whether it answers one of our BYEs."""
        found = [ending for ending in self._by_call.values() if branch and ending.branch == branch]
        for ending in found:
            ending.confirmed = True
        return bool(found)

    def acknowledged(self, call_id: str) -> None:
        """Take the ACK to one of our final responses."""
        if ending := self._by_call.get(call_id):
            ending.confirmed = True

    def final_for(self, call_id: str) -> bytes:
        """Return the final response that a retransmitted INVITE gets again; empty if there is none."""
        ending = self._by_call.get(call_id)
        return ending.message if ending and not ending.branch else b""

    def retransmissions(self, now_s: float) -> list[ToPhone]:
        """Return what is to be retransmitted now, and drop what is too old."""
        while self._by_call:
            call_id, oldest = next(iter(self._by_call.items()))
            if now_s - oldest.begun_at_s < _LINGER_S:
                break
            del self._by_call[call_id]
        due = []
        for ending in self._by_call.values():
            if not ending.confirmed and ending.sent < len(_INTERVALS_S) and now_s >= ending.due_at_s:
                ending.due_at_s = now_s + _INTERVALS_S[ending.sent]
                ending.sent += 1
                due.append(ToPhone(ending.flow, ending.message))
        return due


def _branch_of(request: Request) -> str:
    return Via.parse(request.headers.first("via")).parameters.get("branch", "")


def cancel(invite: Request) -> Request:
    """Return the CANCEL of an unanswered INVITE of ours (RFC 3261 section 9.1)."""
    headers = Headers([entry for entry in invite.headers.entries if entry[0] in _CANCEL_HEADERS])
    number = invite.headers.first("cseq").split()[0]
    headers.entries = [("via", invite.headers.first("via")), *headers.entries]
    headers.set("cseq", f"{number} CANCEL")
    return Request("CANCEL", invite.uri, headers)
