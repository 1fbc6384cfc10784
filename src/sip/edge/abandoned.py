"""Calls whose phone has gone silent: the edge ends them at the worker in the phone's place, so that their slot is free.

pjsip would keep a slot for 32 s and more: while it awaits the ACK to its 2xx, and then the response to its BYE (RFC 3261
sections 13.3.1.4 and 17.1.2.2).
"""

from collections import Counter
from typing import Final

from mixminus.sip.edge.addressing import LOOPBACK, ToPhone, ToWorker, branch_of
from mixminus.sip.edge.aliases import response_to_worker
from mixminus.sip.edge.call import CallState, EdgeCall
from mixminus.sip.edge.calls import CallTable
from mixminus.sip.edge.forwarding import Forwarder
from mixminus.sip.edge.lost_calls import LostCalls
from mixminus.sip.edge.message import Headers, Request, Response
from mixminus.sip.edge.verified import Sources

__all__ = ["CROWDED_S", "SILENT_S", "Abandoned", "in_place_of_phone"]

SILENT_S: Final = 8.0
"""After this the 2xx was sent five times (timer G of RFC 3261 section 17.2.1)."""
CROWDED_S: Final = 2.0
"""The same when all places are taken: a phone that is there has sent its ACK long ago."""
_CROWDED_VERIFIED_S: Final = 4.0
"""For a phone of a host that is verified: it has got the 2xx four times, and its ACKs may have been lost in a flood."""
_UNANSWERED_BYE_S: Final = 4.0
_TIMEOUT: Final = 408


class Abandoned:
    """Finds such calls; returns what is sent to phones, and leaves what workers get in the outbox."""

    def __init__(
        self,
        calls: CallTable,
        lost_calls: LostCalls,
        forwarder: Forwarder,
        sources: Sources,
        counters: Counter[str],
    ) -> None:
        self._calls = calls
        self._lost_calls = lost_calls
        self._forwarder = forwarder
        self._sources = sources
        self._counters = counters

    def expire(self, now_s: float) -> list[ToPhone]:
        """End the calls without an ACK, and the worker's BYEs without a response."""
        silent = [call for call in self._calls.active() if _silent_s(call, now_s) > SILENT_S]
        for call in self._calls.active():
            bye = call.dialog.unanswered_bye
            if bye and now_s - bye[1] > _UNANSWERED_BYE_S:
                call.dialog.unanswered_bye = None
                self._time_out(call, bye[0])
        return [self._end_unacknowledged(call, now_s) for call in silent]

    def make_room(self, now_s: float) -> list[ToPhone]:
        """End the call that has been without its ACK for longest, if that is long enough."""
        silent = [
            call for call in self._calls.active() if _silent_s(call, now_s) >= self._patience_s(call, now_s)
        ]
        if not silent:
            return []
        return [self._end_unacknowledged(max(silent, key=lambda call: _silent_s(call, now_s)), now_s)]

    def _patience_s(self, call: EdgeCall, now_s: float) -> float:
        return _CROWDED_VERIFIED_S if self._sources.is_verified(call.flow.host, now_s) else CROWDED_S

    def end(self, call: EdgeCall, now_s: float) -> ToPhone:
        """End a call at its worker; return the BYE to the phone."""
        number = call.dialog.unacknowledged
        call.dialog.unacknowledged = 0
        call.dialog.over = True
        for method, cseq in (("ACK", number), ("BYE", call.dialog.transactions.highest + 1)):
            request = in_place_of_phone(call, method, cseq)
            worker = self._calls.worker_of(call)
            if worker and (sent := self._forwarder.request(request, call.flow, worker, call.alias)):
                self._calls.outbox.append(sent)
        return self._lost_calls.end(call, now_s)

    def _end_unacknowledged(self, call: EdgeCall, now_s: float) -> ToPhone:
        self._counters["sip_edge_calls_without_ack"] += 1
        return self.end(call, now_s)

    def _time_out(self, call: EdgeCall, bye: Request) -> None:
        self._counters["sip_edge_byes_unanswered"] += 1
        if worker := self._calls.worker_of(call):
            response = Response(_TIMEOUT, "Request Timeout", bye.headers)
            if call.alias:
                response_to_worker(response.headers, call.alias)
            self._calls.outbox.append(ToWorker(worker.sip_port, response.render()))


def _silent_s(call: EdgeCall, now_s: float) -> float:
    """Return for how long a 2xx has awaited its ACK; 0 if none does."""
    waits = call.dialog.unacknowledged and not call.dialog.over and call.state is CallState.ESTABLISHED
    return now_s - call.dialog.unacknowledged_at_s if waits else 0.0


def in_place_of_phone(call: EdgeCall, method: str, number: int) -> Request:
    """Return a request within the dialog as the phone would send it."""
    invite, dialog = call.invite.headers, call.dialog
    branch = branch_of("abandoned", call.call_id, method)
    ours, theirs = ("from", "to") if call.outgoing else ("to", "from")
    headers = Headers(
        [
            ("via", f"SIP/2.0/UDP {LOOPBACK};branch={branch}"),
            ("from", _tagged(invite.first(theirs), dialog.remote_tag)),
            ("to", _tagged(invite.first(ours), dialog.local_tag)),
            ("call-id", call.call_id),
            ("cseq", f"{number} {method}"),
        ]
    )
    return Request(method, "sip:worker@127.0.0.1", headers)


def _tagged(value: str, tag: str | None) -> str:
    return value if not tag or f"tag={tag}" in value else f"{value};tag={tag}"
