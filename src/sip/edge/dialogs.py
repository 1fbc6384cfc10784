"""Dialogs as the edge sees them: which request of a phone may reach the worker now.

pjsip aborts the process on some requests that overlap, so they pass one after the other: a request that changes the
session waits for the one before it (RFC 3261 section 14.2, RFC 3311 section 5.2), and nothing follows a BYE.
"""

from dataclasses import dataclass, field
from typing import Final

from mixminus.sip.edge.message import Fault, Headers, Request
from mixminus.sip.edge.transactions import Transactions, number_of
from mixminus.sip.grammar import NameAddress, Unreadable

__all__ = ["UNKNOWN_DIALOG", "EdgeDialog", "tag_of"]

UNKNOWN_DIALOG: Final = Fault(481, "Call/Transaction Does Not Exist")
_OUT_OF_ORDER: Final = Fault(500, "Out Of Order")
_MERGED: Final = Fault(482, "Loop Detected")
_GLARE: Final = Fault(491, "Request Pending")
_BUSY: Final = Fault(500, "Request Before Is Pending")

_CHANGES: Final = frozenset({"INVITE", "UPDATE"})
# RFC 3261 section 17.1.1.2, timer B: a request without an answer is over by then.
_TIMEOUT_S: Final = 32.0
_ECHOED: Final = frozenset({"via", "from", "to", "call-id", "cseq"})


@dataclass(slots=True)
class EdgeDialog:
    """The tags, the requests of both sides, and what awaits an acknowledgement."""

    local_tag: str = ""
    """Ours; empty until the worker has sent one."""
    remote_tag: str | None = None
    """The phone's: empty if it has none (RFC 3261 section 12.1.1), None until it has answered."""
    confirmed: bool = False
    """Whether the first INVITE has a 2xx."""
    over: bool = False
    """Whether a BYE has passed, in either direction."""
    transactions: Transactions = field(default_factory=Transactions)
    unacknowledged: int = 0
    """The number of the INVITE whose 2xx awaits its ACK; 0 if there is none."""
    unacknowledged_at_s: float = 0.0
    unanswered_bye: tuple[Request, float] | None = None
    """The worker's BYE as a response to it begins, and when it was sent first; None if it is answered."""
    reliable: str = ""
    """The RAck that the last reliable provisional response awaits (RFC 3262 section 4)."""
    agreed_early: bool = False
    """Whether a PRACK has passed, in either direction: the session may be changed before the answer."""
    referring: bool = False
    """Whether the phone may notify us about our REFER."""
    refers: int = 0
    """How many REFERs of the phone were accepted."""
    _own: dict[tuple[str, int], float] = field(default_factory=dict)
    """The worker's INVITEs and UPDATEs without a final response, and when they were sent."""

    def has_tags_of(self, request: Request) -> bool:
        """Return whether a request of the phone names this dialog."""
        if not self.local_tag:
            return False
        tags = (tag_of(request.headers, "to"), tag_of(request.headers, "from"))
        return tags == (self.local_tag, self.remote_tag)

    def fault_of(self, request: Request, now_s: float) -> Fault | None:
        """Return why a new request cannot be served now; ACK and CANCEL are no new requests."""
        number = number_of(request)
        if not self.has_tags_of(request) or (self.over and request.method != "BYE"):
            return UNKNOWN_DIALOG
        if number < self.transactions.highest:
            return _OUT_OF_ORDER  # RFC 3261 section 12.2.2
        if number == self.transactions.highest:
            return _MERGED
        if request.method in _CHANGES:
            return self._change(now_s)
        if request.method == "PRACK":
            return self._acknowledgement(request)
        return None if self.confirmed or request.method in ("BYE", "OPTIONS", "INFO") else UNKNOWN_DIALOG

    def _change(self, now_s: float) -> Fault | None:
        if not self.confirmed:
            return self._early_change(now_s)
        if any(now_s - at_s < _TIMEOUT_S for at_s in self._own.values()):
            return _GLARE
        if self.unacknowledged:
            return _BUSY
        return _BUSY if self.transactions.pending(_CHANGES, now_s - _TIMEOUT_S) else None

    def _early_change(self, now_s: float) -> Fault | None:
        """RFC 3311 section 5.1: before the answer an UPDATE may follow a description that was acknowledged by PRACK."""
        if not self.agreed_early:
            return _BUSY
        if any(method == "UPDATE" and now_s - at_s < _TIMEOUT_S for (method, _), at_s in self._own.items()):
            return _GLARE
        return (
            _BUSY if self.transactions.pending(frozenset({"UPDATE", "PRACK"}), now_s - _TIMEOUT_S) else None
        )

    def _acknowledgement(self, request: Request) -> Fault | None:
        if " ".join(request.headers.first("rack").split()) != self.reliable or not self.reliable:
            return UNKNOWN_DIALOG  # RFC 3262 section 3
        if request.body:
            return Fault(488, "Not Acceptable Here")
        self.agreed_early = True
        return None

    def sent(self, request: Request, now_s: float) -> None:
        """Take a request of the worker."""
        if request.method in _CHANGES:
            self._own[request.method, number_of(request)] = now_s
        elif request.method == "PRACK":
            self.agreed_early = True
        elif request.method == "REFER":
            self.referring = True
        elif request.method == "BYE" and not self.over:
            self.over = True
            kept = [entry for entry in request.headers.entries if entry[0] in _ECHOED]
            self.unanswered_bye = Request("BYE", request.uri, Headers(kept)), now_s

    def forget_worker(self) -> None:
        """Forget what awaits a worker that has exited."""
        self._own.clear()
        self.unacknowledged = 0

    def answered_with_success(self, number: int, now_s: float) -> None:
        """Take the worker's 2xx to an INVITE, which may be a retransmission."""
        if self.unacknowledged != number:
            self.unacknowledged, self.unacknowledged_at_s = number, now_s

    def was_answered(self, method: str, number: int, status_code: int) -> None:
        """Take the phone's response to a request of the worker."""
        if status_code >= 200:  # noqa: PLR2004 - a final response
            self._own.pop((method, number), None)
        if method == "BYE":
            self.unanswered_bye = None
        if method == "REFER" and status_code >= 300:  # noqa: PLR2004 - a refusal
            self.referring = False


def tag_of(headers: Headers, name: str) -> str:
    """Return the tag of From or To, empty if there is none."""
    try:
        return NameAddress.parse(headers.first(name)).tag
    except Unreadable:
        return ""
