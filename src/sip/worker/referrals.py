"""REFER and NOTIFY of our own, sent as plain requests: pjsua2 would keep a subscription and dial by itself."""

from typing import Final

import pjsua2 as pj  # type: ignore[import-untyped]  # the wheel has no types

from mixminus.sip.grammar import SIPFRAG

__all__ = ["notification", "referral"]

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


def referral(uri: str) -> pj.CallSendRequestParam:
    """Return the REFER to a URI."""
    request = pj.CallSendRequestParam()
    request.method = "REFER"
    header = pj.SipHeader()
    header.hName, header.hValue = "Refer-To", f"<{uri}>"
    request.txOption.headers.append(header)
    return request
