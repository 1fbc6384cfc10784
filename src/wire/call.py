"""Calls and groupcalls (api.md sections 5.1 and 5.2)."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AliasPath, BeforeValidator, Field

from mixminus.model.call import AnsweredBy, CallStatus, GroupcallStatus, HangupBy, HangupReason, RingMethod
from mixminus.model.ids import NIL
from mixminus.wire.action import CurrentAction
from mixminus.wire.view import Reference, Timestamp, View

__all__ = ["AddressView", "CallView", "DiversionView", "GroupcallView"]


class AddressView(View):
    """The source or the destination of a call."""

    type: Literal["", "tel", "sip", "extension", "agent", "conference"]
    target: str
    target_name: str
    name: str
    detail: str


class DiversionView(View):
    """A party that a call was meant for before it was diverted."""

    target: str
    """A number, or `user@host`; `anonymous` if it asked not to be shown."""
    name: str
    reason: str
    """As RFC 5806 names it: `no-answer`, `user-busy`, `unconditional`, ...; empty if unknown."""


class CallView(View):
    """A call of a phone or a browser."""

    id: UUID
    customer_id: UUID
    owner_type: str = ""
    owner_id: Reference = NIL
    flow_id: Reference
    activeflow_id: Reference
    type: Literal["flow"] = "flow"
    master_call_id: Reference
    chained_call_ids: list[UUID]
    recording_id: Reference
    recording_ids: list[UUID]
    """The newest 100 recordings of the call, oldest first; an active one is last. `GET /recordings` has all."""
    groupcall_id: Reference
    source: AddressView
    destination: AddressView
    status: CallStatus
    action: CurrentAction
    """The action that the call's flow executes now; the nil action before the first."""
    metadata: dict[str, Any] = Field({})
    headers: dict[str, str]
    """The `X-...` and `User-to-User` headers of the INVITE; of an incoming call with their names in lower case."""
    diversions: list[DiversionView]
    """Where an incoming call of a trusted trunk was diverted from, the last diversion first."""
    direction: Literal["incoming", "outgoing"]
    mute_direction: Literal["", "in", "out", "both"] = Field(validation_alias=AliasPath("mute", "word"))
    """`in`: others do not hear it; `out`: it does not hear others."""
    hangup_by: HangupBy
    hangup_reason: HangupReason
    answered_by: AnsweredBy
    """What answering machine detection has heard: `beep` is a machine, which has beeped. Empty without a result."""
    answered_by_ms: int = Field(ge=0)
    """When that was known, in milliseconds from the beginning of the detection."""
    greeting_ms: int = Field(ge=0)
    """How long the greeting was by then."""
    tm_progressing: Timestamp
    tm_ringing: Timestamp
    tm_hangup: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class GroupcallView(View):
    """Calls that ring together, or one after the other: the first to answer is connected, the others are hung up."""

    id: UUID
    customer_id: UUID
    owner_type: str = ""
    owner_id: Reference = NIL
    status: GroupcallStatus
    flow_id: Reference
    source: AddressView
    destinations: list[AddressView]
    master_call_id: Reference
    master_groupcall_id: Reference = NIL
    ring_method: RingMethod
    answer_method: str = "hangup_others"
    answer_call_id: Reference
    """The call that answered."""
    call_ids: list[UUID]
    answer_groupcall_id: Reference = NIL
    groupcall_ids: list[UUID] = Field([])
    call_count: Annotated[int, BeforeValidator(len)] = Field(ge=0, validation_alias="call_ids")
    groupcall_count: int = Field(0, ge=0)
    dial_index: int = 0
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp
