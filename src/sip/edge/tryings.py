"""Tryings: a worker's 100 to a new INVITE, which is sent only if nothing follows it soon.

pjsip sends 100 at once. It must be sent only where no other response comes within 200 ms (RFC 3261 section 17.2.1), and
a call that is answered at once, as most are, then costs the phone and the edge one message less.
"""

import re
from typing import Final

from mixminus.sip.edge.call import CallEvent, CallState
from mixminus.sip.edge.calls import CallTable

__all__ = ["HOLD_S", "Tryings"]

HOLD_S: Final = 0.1
"""Until a 100 is due; it is then sent within as long again."""
_TRYING: Final = b"SIP/2.0 100 "
# As pjsip writes it.
_CALL_ID: Final = re.compile(rb"\r\nCall-ID: ([^\r\n]{1,256})\r\n")


class Tryings:
    """The responses that wait, by Call-ID: at most one of each call."""

    def __init__(self, calls: CallTable) -> None:
        self._calls = calls
        self._waiting: dict[str, tuple[float, bytes, int]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def keep(self, received: bytes, worker_id: int, sip_port: int, now_s: float) -> bool:
        """Keep the first 100 of a phone's call; return False for anything else, which is sent at once."""
        if not received.startswith(_TRYING) or not (found := _CALL_ID.search(received)):
            return False
        call = self._calls.find(found[1].decode("utf-8", "surrogateescape"))
        if not call or call.outgoing or call.worker_id != worker_id or call.state is not CallState.FORWARDED:
            return False
        self._calls.fire(call, CallEvent.PROGRESSED, now_s)
        self._waiting[call.call_id] = (now_s + HOLD_S, received, sip_port)
        return True

    def forget(self, call_id: str) -> None:
        """Take note of another response of a call."""
        self._waiting.pop(call_id, None)

    def due(self, now_s: float) -> list[tuple[bytes, int]]:
        """Return what must wait no longer, each with the port of its worker."""
        due = [call_id for call_id, (at_s, _, _) in self._waiting.items() if now_s >= at_s]
        return [self._waiting.pop(call_id)[1:] for call_id in due]
