"""Rows of /calls (api.md section 5)."""

from typing import Final

from mixminus.api.openapi import shapes
from mixminus.api.openapi.implied import PAGING
from mixminus.api.openapi.operation import Answer, Operation, RequestBody
from mixminus.api.schemas import MuteBody
from mixminus.call.errors import CallDeleted, CallNotFound, CallNotProgressing
from mixminus.errors import Conflict

__all__ = ["OPERATIONS"]

CALL: Final = (Answer(shapes.Call, description="The call as it is now."),)
OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/calls",
        tag="Calls",
        name="listCalls",
        summary="Show calls, newest first",
        parameters=PAGING,
        answers=(Answer(shapes.CallPage, description="A page of calls."),),
    ),
    Operation(
        method="GET",
        path="/calls/{id}",
        tag="Calls",
        name="getCall",
        summary="Show a call",
        answers=CALL,
        errors=(CallNotFound, CallDeleted),
    ),
    Operation(
        method="DELETE",
        path="/calls/{id}",
        tag="Calls",
        name="deleteCall",
        summary="Hang up, and forget the call",
        description="It is not shown any more: reading it is refused from now on.",
        answers=CALL,
        errors=(CallNotFound, CallDeleted, Conflict),
    ),
    Operation(
        method="POST",
        path="/calls/{id}/hangup",
        tag="Calls",
        name="hangUpCall",
        summary="Hang up",
        answers=CALL,
        errors=(CallNotFound, CallDeleted, CallNotProgressing, Conflict),
    ),
    Operation(
        method="POST",
        path="/calls/{id}/mute",
        tag="Calls",
        name="muteCall",
        summary="Mute a call",
        description="`direction` is `in` (others do not hear it), `out` (it does not hear others) or `both`, "
        "which is meant when there is none.",
        body=RequestBody(MuteBody, required=False),
        answers=(Answer(description="Muted; the body is empty."),),
        errors=(CallNotFound, CallDeleted, CallNotProgressing),
    ),
    Operation(
        method="DELETE",
        path="/calls/{id}/mute",
        tag="Calls",
        name="unmuteCall",
        summary="Let a call be heard, or hear, again",
        description="Only the `direction` that the body names is cleared; both if it names none.",
        body=RequestBody(MuteBody, required=False),
        answers=(Answer(description="Unmuted; the body is empty."),),
        errors=(CallNotFound, CallDeleted, CallNotProgressing),
    ),
)
