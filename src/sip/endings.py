"""Why calls have ended, by the status codes that SIP ended them with. Pure."""

from typing import Final

from mixminus.call.leg import LegEnded
from mixminus.model.call import HangupReason
from mixminus.sip.messages import CallEnded

__all__ = ["GONE", "end_of", "refusal_of", "rejected"]

_SUCCESS: Final = 200
_CANCELLED: Final = 487
GONE: Final = frozenset({408, 481, 504})
"""The status codes of a call that the far end does not have, or that it did not respond in."""
# Temporarily unavailable, request timeout, cancelled, declined: RFC 3261 sections 21.4.9, 21.4.18, 21.4.25, 21.6.2.
_NO_ANSWER: Final = frozenset({408, 480, 487, 603})
_BUSY: Final = frozenset({486, 600})
# RFC 3261 sections 21.4.9, 21.4.18, 21.6.1
_REJECTED: Final = {
    408: HangupReason.TIMEOUT,
    480: HangupReason.NOANSWER,
    486: HangupReason.BUSY,
    600: HangupReason.BUSY,
}


def end_of(call: CallEnded) -> LegEnded:
    """Return why an incoming or an answered call has ended (api.md section 5.1)."""
    if call.local:
        return LegEnded(HangupReason.NORMAL, remote=False, sip_code=call.status_code)
    if call.status_code == _CANCELLED:
        return LegEnded(HangupReason.CANCEL, remote=True, sip_code=call.status_code)
    if call.status_code in GONE:
        return LegEnded(HangupReason.TIMEOUT, remote=False, sip_code=call.status_code)
    reason = HangupReason.NORMAL if call.status_code == _SUCCESS else HangupReason.FAILED
    return LegEnded(reason, remote=True, sip_code=call.status_code)


def refusal_of(call: CallEnded) -> LegEnded:
    """Return why an outgoing call was not answered (api.md section 5.1)."""
    if call.status_code in _BUSY:
        return LegEnded(HangupReason.BUSY, remote=True, sip_code=call.status_code)
    reason = HangupReason.NOANSWER if call.status_code in _NO_ANSWER else HangupReason.FAILED
    return LegEnded(reason, remote=True, sip_code=call.status_code)


def rejected(status_code: int) -> LegEnded:
    """Return why a call has ended that this server has rejected."""
    return LegEnded(_REJECTED.get(status_code, HangupReason.FAILED), remote=False, sip_code=status_code)
