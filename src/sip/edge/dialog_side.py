"""Requests of phones within a call: served here, or forwarded to the worker one after the other.

INFO, MESSAGE, REFER, NOTIFY and OPTIONS never reach pjsip. What they say goes to the server as a message, and the edge responds.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mixminus.sip.edge.addressing import Action, ToPhone, ToServer, ToWorker
from mixminus.sip.edge.call import CallState, EdgeCall
from mixminus.sip.edge.calls import CallTable
from mixminus.sip.edge.dialogs import UNKNOWN_DIALOG
from mixminus.sip.edge.digits import BROADSOFT, CONTENT_TYPES, is_hook_flash, is_usual, parse_digit
from mixminus.sip.edge.forwarding import Forwarder
from mixminus.sip.edge.limits import RateLimit
from mixminus.sip.edge.media_hosts import media_hosts
from mixminus.sip.edge.message import Fault, Request, Response
from mixminus.sip.edge.takeovers import Takeovers
from mixminus.sip.edge.texts import Texts
from mixminus.sip.edge.transactions import number_of
from mixminus.sip.edge.validation import capabilities, media_type, refuse, respond
from mixminus.sip.grammar import NameAddress, Unreadable
from mixminus.sip.internal_headers import Flow
from mixminus.sip.leniency import COUNTER, Leniency
from mixminus.sip.messages import DigitReceived, Message, TransferProgressed, TransferRequested

__all__ = ["DialogSide"]

# Digits, REFERs and NOTIFYs that one call may send to the server: a keypad gives less than ten digits a second.
_REPORTS_PER_S: Final = 20.0
_SUCCESS: Final = 200
_Serve = Callable[[Request, EdgeCall, float], tuple[Response, Message | None]]
_STATUS_LINE = re.compile(rb"\s*SIP/2\.0 ([1-6][0-9]{2})(?:[ \r\n]|\Z)")


@dataclass(frozen=True, slots=True)
class Repeated:
    """A retransmission was handled."""

    action: Action


class DialogSide:
    """Serves the requests of calls that the table has."""

    def __init__(
        self,
        calls: CallTable,
        forwarder: Forwarder,
        takeovers: Takeovers,
        texts: Texts,
        counters: Counter[str],
    ) -> None:
        self._calls = calls
        self._forwarder = forwarder
        self._takeovers = takeovers
        self._counters = counters
        self._reports = RateLimit(_REPORTS_PER_S)
        self._served: dict[str, _Serve] = {
            "INFO": self._info,
            "MESSAGE": texts.inside,
            "REFER": self._refer,
            "NOTIFY": self._notify,
            "OPTIONS": self._options,
        }

    def repeated(self, request: Request, call: EdgeCall) -> Repeated | None:
        """Answer a retransmission with the last response; None if the request is a new one."""
        transaction = call.dialog.transactions.find(request.method, number_of(request))
        if not transaction or not transaction.is_retransmission(request):
            return None
        if transaction.response:
            return Repeated(ToPhone(transaction.flow, transaction.response))
        if call.state is CallState.RELEASED:
            return Repeated(None)
        # The datagram to the worker may have been lost.
        return Repeated(self._forward(request, call, transaction.flow))

    def request(self, request: Request, call: EdgeCall, flow: Flow, now_s: float) -> Action:
        """Serve a new request that belongs to a call."""
        if request.method == "CANCEL":
            return self._cancel(request, call, flow, now_s)
        if call.state is CallState.RELEASED or request.method == "INVITE" and not call.dialog.confirmed:
            return ToPhone(flow, refuse(request, UNKNOWN_DIALOG).render())
        if fault := call.dialog.fault_of(request, now_s):
            self._counters["sip_edge_out_of_order"] += 1
            return ToPhone(flow, refuse(request, fault).render())
        transaction = call.dialog.transactions.open(request, flow, now_s)
        if request.method == "BYE" and call.dialog.over:
            # Both sides hang up: the worker's BYE is on its way.
            response, report = respond(request, 200, "OK"), None
        elif serve := self._served.get(request.method):
            response, report = serve(request, call, now_s)
        else:
            call.dialog.over = request.method == "BYE"
            if request.method in ("INVITE", "UPDATE"):
                self._calls.name_hosts(call, media_hosts(request, flow.host))
                call.target = request.headers.first("contact") or call.target
            if self._takeovers.is_moving(call):
                self._takeovers.hold(call, request, flow)
                return None
            return self._forward(request, call, flow) or ToPhone(
                flow, respond(request, 513, "Message Too Large").render()
            )
        transaction.status_code, transaction.response = response.status_code, response.render()
        if report:
            self._calls.outbox.append(ToServer(report))
        return ToPhone(flow, transaction.response)

    def acknowledge(self, request: Request, call: EdgeCall, flow: Flow, now_s: float) -> ToWorker | None:
        """Forward the ACK to a 2xx; that to a refusal ends here, as the edge has acknowledged it already."""
        number = number_of(request)
        if call.outgoing and number > call.dialog.transactions.highest:
            return None
        if call.dialog.unacknowledged != number or not call.dialog.has_tags_of(request):
            self._counters["sip_edge_stray_ack"] += 1
            return None
        call.dialog.unacknowledged = 0
        return self._forward(request, call, flow)

    def _cancel(self, request: Request, call: EdgeCall, flow: Flow, now_s: float) -> Action:
        """RFC 3261 section 9.2: a CANCEL belongs to the INVITE with the same Via and number."""
        invite = call.dialog.transactions.find("INVITE", number_of(request))
        if not invite or not invite.is_retransmission(request):
            return ToPhone(flow, refuse(request, UNKNOWN_DIALOG).render())
        transaction = call.dialog.transactions.open(request, flow, now_s)
        if (
            not invite.final
            and not call.dialog.confirmed
            and (forwarded := self._forward(request, call, flow))
        ):
            return forwarded
        response = respond(request, 200, "OK")
        transaction.status_code, transaction.response = response.status_code, response.render()
        return ToPhone(flow, transaction.response)

    def _forward(self, request: Request, call: EdgeCall, flow: Flow) -> ToWorker | None:
        worker = None if self._takeovers.is_moving(call) else self._calls.worker_of(call)
        return self._forwarder.request(request, flow, worker, call.alias) if worker else None

    def _info(self, request: Request, call: EdgeCall, now_s: float) -> tuple[Response, Message | None]:
        if not request.body and not request.headers.first("content-type"):
            return respond(request, 200, "OK"), None  # RFC 2976 section 2: a test whether the call is there
        type_ = media_type(request.headers)
        unsupported = refuse(request, Fault(415, "Unsupported Media Type")), None
        if request.headers.first("content-encoding") or (type_ and type_ not in (*CONTENT_TYPES, BROADSOFT)):
            return unsupported
        if is_hook_flash(type_, request.body):
            self._counters["sip_edge_hook_flash"] += 1  # a room has no second call to switch to
            return respond(request, 200, "OK"), None
        if type_ == BROADSOFT:  # tones that the phone is to play, of a server that takes us for a phone
            self._counters[f"{COUNTER}:{Leniency.INFO_IGNORED}"] += 1
            return respond(request, 200, "OK"), None
        try:
            digit, duration_ms = parse_digit(request.body)
        except Unreadable:
            return (refuse(request, Fault(400, "Bad Signal")), None) if type_ else unsupported
        if not type_ or not is_usual(request.body):
            self._counters[f"{COUNTER}:{Leniency.INFO_DIGIT}"] += 1
        return self._report(request, call, DigitReceived(call.call_id, digit, duration_ms), 200, now_s)

    def _refer(self, request: Request, call: EdgeCall, now_s: float) -> tuple[Response, Message | None]:
        # RFC 3515 section 2.4.6: the first REFER of a dialog needs no id.
        refer_id = number_of(request) if call.dialog.refers else 0
        # Without the name before it, which may hold any bytes.
        refer_to = f"<{NameAddress.parse(request.headers.first('refer-to')).uri}>"
        report = TransferRequested(call.call_id, refer_to, refer_id)
        call.dialog.refers += 1
        return self._report(request, call, report, 202, now_s)

    def _notify(self, request: Request, call: EdgeCall, now_s: float) -> tuple[Response, Message | None]:
        event = request.headers.first("event").partition(";")[0].strip().lower()
        if event != "refer" or not call.dialog.referring:
            return refuse(request, Fault(481, "Subscription Does Not Exist")), None
        match = _STATUS_LINE.match(request.body)
        if not match:
            return respond(request, 200, "OK"), None
        status_code = int(match[1])
        call.dialog.referring = status_code < _SUCCESS
        return self._report(request, call, TransferProgressed(call.call_id, status_code), 200, now_s)

    def _options(self, request: Request, _: EdgeCall, _now_s: float) -> tuple[Response, Message | None]:
        return capabilities(request), None

    def _report(
        self, request: Request, call: EdgeCall, report: Message, status_code: int, now_s: float
    ) -> tuple[Response, Message | None]:
        if not self._reports.admits(call.call_id, now_s):
            self._counters["sip_edge_overload"] += 1
            return respond(request, 503, "Service Unavailable", extra=(("retry-after", "1"),)), None
        reason = {200: "OK", 202: "Accepted"}[status_code]
        return respond(request, status_code, reason), report
