"""One call as the edge knows it: its state, its dialog, and what a response, CANCEL or BYE is built from."""

import enum
from dataclasses import dataclass, field
from typing import Final

from mixminus.machine import step
from mixminus.sip.edge.aliases import Alias
from mixminus.sip.edge.dialogs import EdgeDialog, tag_of
from mixminus.sip.edge.message import Headers, Request
from mixminus.sip.internal_headers import Flow

__all__ = ["CALL_TRANSITIONS", "CallEvent", "CallState", "EdgeCall"]


class CallState(enum.StrEnum):
    FORWARDED = enum.auto()
    EARLY = enum.auto()
    ESTABLISHED = enum.auto()
    RELEASED = enum.auto()


class CallEvent(enum.StrEnum):
    PROGRESSED = enum.auto()
    ANSWERED = enum.auto()
    ENDED = enum.auto()


CALL_TRANSITIONS: Final[dict[CallState, dict[CallEvent, CallState]]] = {
    CallState.FORWARDED: {
        CallEvent.PROGRESSED: CallState.EARLY,
        CallEvent.ANSWERED: CallState.ESTABLISHED,
        CallEvent.ENDED: CallState.RELEASED,
    },
    CallState.EARLY: {
        CallEvent.PROGRESSED: CallState.EARLY,
        CallEvent.ANSWERED: CallState.ESTABLISHED,
        CallEvent.ENDED: CallState.RELEASED,
    },
    CallState.ESTABLISHED: {
        CallEvent.ANSWERED: CallState.ESTABLISHED,
        CallEvent.ENDED: CallState.RELEASED,
    },
    CallState.RELEASED: {},
}


@dataclass(slots=True)
class EdgeCall:
    """A call, from its INVITE until no retransmission can come any more."""

    invite: Request
    """As received, without its body and with its Via stamped; a response, CANCEL or BYE is built from it."""
    flow: Flow
    worker_id: int
    since_s: float
    """When the state was entered."""
    state: CallState = CallState.FORWARDED
    direct: bool = True
    """Whether our requests go where the INVITE came from, or was sent to, whatever Record-Route and Contact say."""
    outgoing: bool = False
    """Whether it is an outgoing call; then ``invite`` is as sent."""
    leg_id: str = ""
    """The leg of an outgoing call, which the server may know before the Call-ID; empty after a restart."""
    account_id: str = ""
    """The extension or trunk that has authenticated itself, or that was called; empty for none."""
    answer: Headers | None = None
    """The headers of the first 2xx: the worker's, or in an outgoing call the phone's."""
    media_hosts: tuple[str, ...] = ()
    """The addresses that the phone's newest message names; empty where that is not known."""
    outer_call_id: str = ""
    """The real Call-ID of a call that shares it with another one (``spirals.py``); empty if it has its own."""
    reported: bool = False
    """Whether the worker has reported that it is over; its final response may come before."""
    earlier: int = 0
    """Calls of the same Call-ID that ended before, whose reports are still to come."""
    sequence_number: int = 0
    """The highest CSeq of the requests that the worker has sent."""
    target: str = ""
    """The newest Contact of the phone after the first one (RFC 3261 section 12.2); empty if there is none."""
    alias: Alias | None = None
    """Of the dialog at a worker that has taken it over; None at the first worker."""
    redirected: bool = False
    """Whether it was answered with 3xx: a proxy may send it again."""
    moves: int = 0
    """How often its worker was lost."""
    dialog: EdgeDialog = field(default_factory=EdgeDialog)

    def __post_init__(self) -> None:
        tag = tag_of(self.invite.headers, "from")
        if self.outgoing:
            self.dialog.local_tag = tag
        else:
            self.dialog.remote_tag = tag

    @property
    def call_id(self) -> str:
        return self.invite.headers.first("call-id")

    def fire(self, event: CallEvent, now_s: float) -> None:
        state = step(CALL_TRANSITIONS, self.state, event)
        if state is not self.state:
            self.state = state
            self.since_s = now_s
