"""REFER in one call, and its NOTIFYs: reported to the server, because pjsua2 would dial by itself."""

from collections.abc import Callable
from typing import Final

import pjsua2 as pj  # type: ignore[import-untyped]  # the wheel has no types

from mixminus.model.ids import LegId
from mixminus.sip.edge.message import Headers, Request, Unparseable, parse
from mixminus.sip.grammar import SIPFRAG, NameAddress, Unreadable
from mixminus.sip.internal_headers import REFER_TAKEN
from mixminus.sip.messages import Message, TransferRequested

__all__ = ["Referrals", "confirming_tags", "notification"]

_EXPIRES_S: Final = 120  # longer than any call rings
_FINAL: Final = 200
_REASONS: Final = {
    100: "Trying",
    180: "Ringing",
    200: "OK",
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    491: "Request Pending",
    503: "Service Unavailable",
    603: "Decline",
}
"""RFC 3261 section 21; phones evaluate the number only."""


class Referrals:
    """The REFERs of one dialog.

    It has no reference to the call: in a reference cycle the call would be freed at any time, and its
    destructor would decline a newer call in the same slot.
    """

    def __init__(self, leg_id: LegId, report: Callable[[Message], None]) -> None:
        self._leg_id = leg_id
        self._report = report
        self._seen = False
        self._refer: Headers | None = None

    def on_transaction(self, event: pj.TsxStateEvent) -> None:
        """Keep a received REFER; pjsua2 asks for the response right after this."""
        received = event.type == pj.PJSIP_EVENT_RX_MSG and event.tsx.role == pj.PJSIP_ROLE_UAS
        if received and event.tsx.state == pj.PJSIP_TSX_STATE_TRYING:
            self._refer = _headers_of(event.src.rdata.wholeMsg)

    def take(self) -> int:
        """Report the REFER; return the status code for pjsua2, never 2xx: then it would dial by itself."""
        refer, self._refer = self._refer, None
        if refer is None:
            return int(pj.PJSIP_SC_DECLINE)
        # RFC 3515 section 2.4.6: the first REFER of a dialog needs no id.
        refer_id = int(refer.first("cseq").split()[0]) if self._seen else 0
        self._seen = True
        self._report(TransferRequested(self._leg_id, refer.first("refer-to"), refer_id))
        return REFER_TAKEN


def notification(refer_id: int, status_code: int) -> pj.CallSendRequestParam:
    """Return the NOTIFY for a status code; a final one ends the subscription."""
    over = status_code >= _FINAL
    state = "terminated;reason=noresource" if over else f"active;expires={_EXPIRES_S}"
    request = pj.CallSendRequestParam()
    request.method = "NOTIFY"
    for name, value in (
        ("Event", f"refer;id={refer_id}" if refer_id else "refer"),
        ("Subscription-State", state),
    ):
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        request.txOption.headers.append(header)
    request.txOption.contentType = SIPFRAG
    request.txOption.msgBody = f"SIP/2.0 {status_code} {_REASONS.get(status_code, 'Failed')}\r\n"
    return request


def confirming_tags(event: pj.SipEvent) -> tuple[str, str] | None:
    """Return the local and the remote tag, out of the message that confirmed the dialog: an ACK or a 2xx."""
    message = event.body.rxMsg.rdata if event.type == pj.PJSIP_EVENT_RX_MSG else event.body.tsxState.src.rdata
    headers = _headers_of(message.wholeMsg)
    if headers is None:
        return None
    try:
        sender, recipient = (NameAddress.parse(headers.first(name)).tag for name in ("from", "to"))
    except Unreadable:
        return None
    return (sender, recipient) if message.wholeMsg.startswith("SIP/2.0") else (recipient, sender)


def _headers_of(message: str) -> Headers | None:
    try:
        parsed = parse(message.encode("utf-8", "surrogateescape"))
    except Unparseable:
        return None
    return None if isinstance(parsed, Request) and parsed.fault else parsed.headers
