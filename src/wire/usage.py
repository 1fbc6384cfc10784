"""Usage of rooms, balances, and records of ended calls."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from mixminus.model.call import AnsweredBy, HangupBy, HangupReason
from mixminus.model.ids import NIL
from mixminus.wire.call import AddressView
from mixminus.wire.view import Reference, Rounded, Timestamp, View

__all__ = ["BalanceView", "CallRecordView", "CreditView", "RunningView", "UsageView"]

_Reference = Annotated[Reference, BeforeValidator(lambda stored: stored or NIL)]


class UsageView(View):
    """The time of participants that have left: of a room on a day, or what was asked for."""

    day: date | None
    """The day, of UTC; null if it is of all days."""
    conference_id: _Reference
    """The room; nil if it is of all rooms."""
    conference_name: str
    participants: int
    """How many joined."""
    seconds: Rounded
    minutes: int
    """Each participant's minutes that have begun."""
    credits: int
    """What was deducted from the balance; 0 without a balance."""


class RunningView(View):
    """The time so far of participants that are in rooms; it is counted when they leave."""

    participants: int
    seconds: Rounded
    minutes: int
    credits: int
    """What is deducted when they leave, and more with every minute."""


class BalanceView(View):
    """The credits of a customer."""

    customer_id: UUID
    credits: int
    """What was added less what was deducted for participants that have left."""
    tm_exhausted: Timestamp
    """When the credits were found to be used up."""
    tm_create: Timestamp
    """Minutes that began before are not deducted."""
    tm_update: Timestamp


class CreditView(View):
    """Credits that were added to a balance."""

    id: UUID
    customer_id: UUID
    credits: int
    """Negative for a correction."""
    detail: str
    tm_create: Timestamp


class MediaQualityView(View):
    """What was measured of a call's audio until its end."""

    codec: str
    """Empty if no audio was agreed on."""
    packets_received: int
    packets_lost: int
    """Packets that never arrived, or too late to be heard."""
    packets_sent: int
    loss: Rounded
    """The fraction of the far end's packets that were lost, 0 to 1."""
    remote_loss: Rounded
    """The fraction of our packets that were lost, by the far end's last report."""
    jitter_ms: Rounded
    round_trip_ms: float | None
    """Null without a report of the far end."""
    mos: float | None
    """Estimated quality of what the far end sent, 1.0 to 4.5 (reduced G.107); null without audio."""


class CallRecordView(View):
    """A call that has ended, as it is billed."""

    id: UUID
    """The call's."""
    customer_id: UUID
    activeflow_id: Reference
    groupcall_id: Reference
    direction: Literal["incoming", "outgoing"]
    transport: Literal["sip", "webrtc", "local", ""]
    """Empty if the server was stopped meanwhile."""
    source: AddressView
    destination: AddressView
    hangup_by: HangupBy
    hangup_reason: HangupReason
    answered_by: AnsweredBy
    """What answering machine detection has heard; empty without a result."""
    sip_code: int
    """The final status code of its INVITE: 200 if it was answered. 408, 481 or 504 if the far end did not respond any
    more; 0 of a call without SIP, and where none is known."""
    tm_create: Timestamp
    tm_ringing: Timestamp
    tm_progressing: Timestamp
    """When it was answered."""
    tm_hangup: Timestamp
    duration_s: Rounded = Field(ge=0)
    """From its creation to its end."""
    answered_s: Rounded = Field(ge=0)
    """From the answer to its end; 0 without an answer."""
    media: MediaQualityView | None
    """Null of a call within the server, and of one that was lost with a former run of the server."""
