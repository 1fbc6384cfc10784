"""Rows of the calls that we make: POST /calls, hold, and /groupcalls (api.md section 5.2)."""

from typing import Final
from uuid import UUID

from pydantic import Field

from mixminus.api.call_schemas import CallBody, GroupcallBody
from mixminus.api.openapi import shapes
from mixminus.api.openapi.implied import PAGING
from mixminus.api.openapi.operation import Answer, Operation, RequestBody
from mixminus.api.openapi.shapes import PageShape, Reference, Shape, Timestamp
from mixminus.call.errors import (
    CallDeleted,
    CallNotFound,
    CallNotProgressing,
    GroupcallNotFound,
    NobodyToCall,
)
from mixminus.flow.errors import FlowNotFound, InvalidActionType
from mixminus.model.call import GroupcallStatus

__all__ = ["OPERATIONS", "Groupcall", "GroupcallPage", "Placed"]


class Groupcall(Shape):
    """Calls that ring together; the first to answer has it, the others are hung up."""

    id: UUID
    customer_id: UUID
    owner_type: str
    owner_id: Reference
    status: GroupcallStatus
    flow_id: Reference
    source: shapes.Address
    destinations: list[shapes.Address]
    master_call_id: Reference
    master_groupcall_id: Reference
    ring_method: str
    answer_method: str
    answer_call_id: Reference
    """Who has answered."""
    call_ids: list[UUID]
    answer_groupcall_id: Reference
    groupcall_ids: list[UUID]
    call_count: int = Field(ge=0)
    groupcall_count: int = Field(ge=0)
    dial_index: int
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class GroupcallPage(PageShape):
    """Groupcalls, newest first."""

    result: list[Groupcall]


class Placed(Shape):
    """What was begun; how it goes on is told by events, and by reading it again."""

    calls: list[shapes.Call]
    """One for each telephone number or SIP address."""
    groupcalls: list[Groupcall]
    """One for each extension or agent."""


GROUPCALL: Final = (Answer(Groupcall, description="The groupcall as it is now."),)
EMPTY: Final = (Answer(description="Done; the body is empty."),)
OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/calls",
        tag="Calls",
        name="createCalls",
        summary="Call somebody",
        description="What the call is to do begins when it is answered. Destinations that cannot be called are "
        "left out.",
        body=RequestBody(CallBody),
        answers=(Answer(Placed, description="The calls, which are being dialled."),),
        errors=(FlowNotFound, InvalidActionType, NobodyToCall),
    ),
    Operation(
        method="POST",
        path="/calls/{id}/hold",
        tag="Calls",
        name="holdCall",
        summary="Put a call on hold",
        description="It is not heard and does not hear; a phone is told, by a re-INVITE.",
        answers=EMPTY,
        errors=(CallNotFound, CallDeleted, CallNotProgressing),
    ),
    Operation(
        method="DELETE",
        path="/calls/{id}/hold",
        tag="Calls",
        name="resumeCall",
        summary="Take a call back from hold",
        answers=EMPTY,
        errors=(CallNotFound, CallDeleted, CallNotProgressing),
    ),
    Operation(
        method="GET",
        path="/groupcalls",
        tag="Calls",
        name="listGroupcalls",
        summary="Show groupcalls, newest first",
        parameters=PAGING,
        answers=(Answer(GroupcallPage, description="A page of groupcalls."),),
    ),
    Operation(
        method="POST",
        path="/groupcalls",
        tag="Calls",
        name="createGroupcall",
        summary="Call several at once",
        description="All ring; the first to answer has the call, the others are hung up.",
        body=RequestBody(GroupcallBody),
        answers=GROUPCALL,
        errors=(FlowNotFound, InvalidActionType, NobodyToCall),
    ),
    Operation(
        method="GET",
        path="/groupcalls/{id}",
        tag="Calls",
        name="getGroupcall",
        summary="Show a groupcall",
        answers=GROUPCALL,
        errors=(GroupcallNotFound,),
    ),
    Operation(
        method="DELETE",
        path="/groupcalls/{id}",
        tag="Calls",
        name="deleteGroupcall",
        summary="Hang up, and forget the groupcall",
        answers=GROUPCALL,
        errors=(GroupcallNotFound,),
    ),
    Operation(
        method="POST",
        path="/groupcalls/{id}/hangup",
        tag="Calls",
        name="hangUpGroupcall",
        summary="Hang up all calls of a groupcall",
        answers=GROUPCALL,
        errors=(GroupcallNotFound,),
    ),
)
