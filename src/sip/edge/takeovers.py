"""Takeovers: another worker continues the calls of one that has crashed, while their audio goes on in the engine.

The edge opens the dialog anew at the other worker, in the phone's place: by an INVITE of the same Call-ID and tag, which
offers the session description that was agreed on. The worker's answer stays at the edge; its tag and its numbers are
translated from then on (``aliases.py``). Until then requests of the phone wait here.
"""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Final

from mixminus.sip.edge.abandoned import in_place_of_phone
from mixminus.sip.edge.addressing import LOOPBACK, ToPhone, ToServer, branch_of
from mixminus.sip.edge.aliases import Alias, with_tag
from mixminus.sip.edge.call import CallEvent, CallState, EdgeCall
from mixminus.sip.edge.calls import CallTable
from mixminus.sip.edge.dialogs import tag_of
from mixminus.sip.edge.forwarding import Forwarder
from mixminus.sip.edge.lost_calls import LostCalls
from mixminus.sip.edge.message import Headers, Request, Response
from mixminus.sip.edge.transactions import number_of
from mixminus.sip.edge.validation import respond
from mixminus.sip.grammar import Unreadable
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import CallNotMoved, MoveCall

__all__ = ["GIVE_UP_S", "MAX_MOVES", "Takeovers"]

GIVE_UP_S: Final = 10.0
"""How long a call waits for a worker with room: the pool starts one in far less."""
MAX_MOVES: Final = 5
"""A call that has lost so many workers is not moved again: it may be what they crash on."""
_COLLECT_S: Final = 0.05
"""Workers that are lost together are removed one after the other: a call must not go to the next of them."""
_RESEND_S: Final = 0.5
_MAX_HELD: Final = 8
_MAX_PLANNED: Final = 4096
_MIN_SESSION_EXPIRES_S: Final = 90  # RFC 4028 section 5
_FINAL: Final = 200
_FAILURE: Final = 300


@dataclass(slots=True)
class _Move:
    plan: MoveCall
    call: EdgeCall
    begun_at_s: float
    number: int
    """The highest number of a request that the lost worker has answered."""
    due_at_s: float
    """When the INVITE is to be sent."""
    held: list[tuple[Request, Flow]] = field(default_factory=list)
    """Requests of the phone that wait."""


class Takeovers:
    """The calls that are being moved, by Call-ID; what is to be sent is left in the table's outbox."""

    def __init__(
        self, calls: CallTable, lost_calls: LostCalls, forwarder: Forwarder, counters: Counter[str]
    ) -> None:
        self._calls = calls
        self._lost_calls = lost_calls
        self._forwarder = forwarder
        self._counters = counters
        self._plans: OrderedDict[str, MoveCall] = OrderedDict()
        self._moves: dict[str, _Move] = {}

    def plan(self, command: MoveCall) -> None:
        """Take the server's order to move a call once its worker is removed."""
        self._plans[command.sip_call_id] = command
        if len(self._plans) > _MAX_PLANNED:
            self._plans.popitem(last=False)

    def begin(self, call: EdgeCall, now_s: float, *, allowed: bool) -> bool:
        """Begin to move a call whose worker was removed; return False if it must end.

        The requests that the worker has left unanswered are refused: it may have crashed on one of them.
        """
        before = self._moves.pop(call.call_id, None)
        plan = self._plans.pop(call.call_id, before.plan if before else None)
        if plan is None:
            return False
        if before is None:
            self._answer_pending(call)
        if not (allowed and _can_move(call)):
            hung_up = call.dialog.over and call.dialog.unanswered_bye is None
            self._report(plan, hung_up=hung_up)
            return False
        call.moves += 1
        call.dialog.forget_worker()
        self._calls.keep(call)
        begun_at_s, number = now_s, call.dialog.transactions.highest
        if before:
            begun_at_s, number = before.begun_at_s, before.number
        held = before.held if before else []
        self._moves[call.call_id] = _Move(plan, call, begun_at_s, number, now_s + _COLLECT_S, held)
        return True

    def is_moving(self, call: EdgeCall) -> bool:
        """Return whether no worker can take a request of a call now."""
        return call.call_id in self._moves

    def hold(self, call: EdgeCall, request: Request, flow: Flow) -> None:
        """Let a request of the phone wait; of too many the newest are dropped, as if lost on the way."""
        held = self._moves[call.call_id].held
        if len(held) < _MAX_HELD:
            held.append((request, flow))
        else:
            self._counters["sip_edge_overload"] += 1

    def poll(self, now_s: float) -> None:
        """Send the INVITEs that are due, and give up what has taken too long."""
        for move in list(self._moves.values()):
            if now_s - move.begun_at_s > GIVE_UP_S:
                self._fail(move, now_s)
            elif now_s >= move.due_at_s:
                self._send(move, now_s)

    def give_up(self, now_s: float) -> None:
        """End all calls that are being moved."""
        for move in list(self._moves.values()):
            self._fail(move, now_s)

    def drop(self, call: EdgeCall, now_s: float) -> bool:
        """End one call if it is being moved; return whether it was."""
        if move := self._moves.get(call.call_id):
            self._fail(move, now_s)
        return move is not None

    def answered(self, response: Response, worker_id: int, now_s: float) -> bool:
        """Take a worker's response; return whether it answers one of our INVITEs."""
        move = self._moves.get(response.headers.first("call-id"))
        if move is None or move.call.worker_id != worker_id:
            return False
        if response.status_code >= _FAILURE:
            self._fail(move, now_s)
        elif response.status_code >= _FINAL:
            self._complete(move, response)
        return True

    def _send(self, move: _Move, now_s: float) -> None:
        """Send the INVITE, to a worker with room if it has none yet."""
        worker = self._calls.worker_of(move.call) or self._calls.fullest_with_room()
        if worker is None:
            return
        self._calls.assign(move.call, worker)
        move.due_at_s = now_s + _RESEND_S
        invite = _invite(move, worker.worker_id)
        try:
            sent = self._forwarder.resumption(
                invite, move.call.flow, worker, move.plan.leg_id, direct=move.call.direct
            )
        except Unreadable:
            sent = None
        if sent:
            self._calls.outbox.append(sent)
        else:
            self._fail(move, now_s)

    def _complete(self, move: _Move, response: Response) -> None:
        call, worker = move.call, self._calls.worker_of(move.call)
        del self._moves[call.call_id]
        call.alias = Alias(tag_of(response.headers, "to"), call.sequence_number + 1)
        self._calls.record(call)
        self._counters["sip_edge_moved_calls"] += 1
        ack = in_place_of_phone(call, "ACK", number_of(response))
        for request, flow in ((ack, call.flow), *move.held):
            if worker and (sent := self._forwarder.request(request, flow, worker, call.alias)):
                self._calls.outbox.append(sent)

    def _fail(self, move: _Move, now_s: float) -> None:
        call = move.call
        del self._moves[call.call_id]
        hung_up = any(request.method == "BYE" for request, _ in move.held)
        self._answer_pending(call)
        self._report(move.plan, hung_up=hung_up)
        self._calls.outbox.append(self._lost_calls.end(call, now_s))
        self._calls.fire(call, CallEvent.ENDED, now_s)

    def _report(self, plan: MoveCall, *, hung_up: bool) -> None:
        self._counters["sip_edge_unmoved_calls"] += 1
        self._calls.outbox.append(ToServer(CallNotMoved(plan.sip_call_id, plan.leg_id, hung_up)))

    def _answer_pending(self, call: EdgeCall) -> None:
        for transaction in call.dialog.transactions.unanswered():
            bye = transaction.request.method == "BYE"
            status_code, reason = (200, "OK") if bye else (500, "Server Internal Error")
            extra = () if bye else (("retry-after", "1"),)
            response = respond(transaction.request, status_code, reason, extra=extra)
            transaction.status_code, transaction.response = status_code, response.render()
            self._calls.outbox.append(ToPhone(transaction.flow, transaction.response))


def _can_move(call: EdgeCall) -> bool:
    """Return whether a call is established, acknowledged and not over."""
    if call.state is not CallState.ESTABLISHED or call.dialog.over or call.moves >= MAX_MOVES:
        return False
    return call.outgoing or call.dialog.unacknowledged != number_of(call.invite)


def _invite(move: _Move, worker_id: int) -> Request:
    """Return the INVITE by which the phone would have opened the dialog as it is now."""
    call = move.call
    invite, answer = call.invite.headers, call.answer or Headers()
    theirs = answer if call.outgoing else invite
    routes = theirs.values("record-route")
    if call.outgoing:
        routes.reverse()
    branch = branch_of("takeover", call.call_id, str(worker_id), str(call.moves))
    headers = Headers(
        [
            ("via", f"SIP/2.0/UDP {LOOPBACK};branch={branch}"),
            ("from", answer.first("to") if call.outgoing else invite.first("from")),
            ("to", with_tag(invite.first("from" if call.outgoing else "to"), "")),
            ("call-id", call.call_id),
            ("cseq", f"{move.number} INVITE"),
            ("contact", call.target or theirs.first("contact")),
            *(("record-route", route) for route in routes),
            *(("allow", methods) for methods in theirs.values("allow")),
            *_session_timer(call, answer),
        ]
    )
    return Request("INVITE", f"sip:{LOOPBACK}", headers, move.plan.remote_sdp.encode())


def _session_timer(call: EdgeCall, answer: Headers) -> list[tuple[str, str]]:
    """Return the timer that was agreed on (RFC 4028); a refresh of ours is due sooner, as part of the time has passed."""
    seconds, _, parameters = answer.first("session-expires").partition(";")
    if not seconds.strip().isdecimal():
        return []
    ours = "uac" if call.outgoing else "uas"
    if f"refresher={ours}" in parameters.replace(" ", "").lower():
        left_s = max(int(seconds) // 2, _MIN_SESSION_EXPIRES_S)
        return [("supported", "timer"), ("session-expires", f"{left_s};refresher=uas")]
    return [("supported", "timer"), ("session-expires", f"{int(seconds)};refresher=uac")]
