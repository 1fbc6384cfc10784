"""FirstResponses: INVITEs whose server must respond soon, because there is another one that can be tried.

Without any response in time the worker gets 408, and the server dials the next address (RFC 3263 section 4.3); the
INVITE is cancelled, in case it has arrived.
"""

from mixminus.sip.edge.addressing import ToPhone
from mixminus.sip.edge.lost_calls import cancel
from mixminus.sip.edge.message import Headers, Request
from mixminus.sip.internal_headers import Flow

__all__ = ["FirstResponses"]


class FirstResponses:
    """The INVITEs that wait for their first response, by Call-ID; bounded by the number of calls."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[float, Request, Flow]] = {}

    def sent(self, invite: Request, flow: Flow, deadline_s: float) -> None:
        """Wait for a response to an INVITE as it was sent; a retransmission does not extend the time."""
        kept = Request(invite.method, invite.uri, Headers(list(invite.headers.entries)))
        self._waiting.setdefault(kept.headers.first("call-id"), (deadline_s, kept, flow))

    def heard(self, call_id: str) -> None:
        """Take note of any response, or of the end of the call."""
        self._waiting.pop(call_id, None)

    def expire(self, now_s: float) -> list[tuple[Request, ToPhone]]:
        """Return the INVITEs that were not answered in time, each with its CANCEL."""
        due = [each for each in self._waiting.values() if now_s >= each[0]]
        for _, invite, _ in due:
            del self._waiting[invite.headers.first("call-id")]
        return [(invite, ToPhone(flow, cancel(invite).render())) for _, invite, flow in due]
