"""Endings: what the last message of a call means to the house (api.md section 5.1)."""

from typing import Final

from mixminus.call.leg import LegEnded
from mixminus.model.call import HangupReason
from mixminus.sip.messages import CallEnded

__all__ = ["end_of", "refusal_of"]

_SUCCESS: Final = 200
_CANCELLED: Final = 487
_TIMEOUTS: Final = frozenset({408, 481, 504})
# Not there, not picked up, taken back elsewhere, declined: RFC 3261 sections 21.4.9, 21.4.18, 21.4.25, 21.6.2.
_NO_ANSWER: Final = frozenset({408, 480, 487, 603})
_BUSY: Final = frozenset({486, 600})


def end_of(call: CallEnded) -> LegEnded:
    """Return how a call has ended that came in, or that was answered."""
    if call.local:
        return LegEnded(HangupReason.NORMAL, remote=False)
    if call.status_code == _CANCELLED:
        return LegEnded(HangupReason.CANCEL, remote=True)
    if call.status_code in _TIMEOUTS:
        return LegEnded(HangupReason.TIMEOUT, remote=False)
    reason = HangupReason.NORMAL if call.status_code == _SUCCESS else HangupReason.FAILED
    return LegEnded(reason, remote=True)


def refusal_of(call: CallEnded) -> LegEnded:
    """Return how a call has ended that we made and nobody answered."""
    if call.status_code in _BUSY:
        return LegEnded(HangupReason.BUSY, remote=True)
    reason = HangupReason.NOANSWER if call.status_code in _NO_ANSWER else HangupReason.FAILED
    return LegEnded(reason, remote=True)
