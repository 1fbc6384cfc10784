"""Rows of calls that are handed on: POST /calls/{id}/transfer."""

from typing import Final

from mixminus.api.call_schemas import TransferBody
from mixminus.api.openapi.dialling import Placed
from mixminus.api.openapi.operation import Answer, Operation, RequestBody
from mixminus.call.errors import (
    CallDeleted,
    CallNotFound,
    CallNotInRoom,
    CannotRefer,
    NobodyToCall,
    TransferPending,
)

__all__ = ["OPERATIONS"]

OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/calls/{id}/transfer",
        tag="Calls",
        name="transferCall",
        summary="Let somebody else have a call's place in its room",
        description="Who is called comes into the room without being asked for its pin. `blind`: the call is hung up "
        "when the first of them is heard there; if nobody comes, it stays. `attended`: both are in the room, and "
        "`POST /calls/{id}/hangup` completes the transfer. By `refer` the phone "
        "is sent a REFER, and hung up when it says that it has got through. A phone asks for the same by a REFER.",
        body=RequestBody(TransferBody),
        answers=(Answer(Placed, description="The calls, which are being dialled."),),
        errors=(CallNotFound, CallDeleted, CallNotInRoom, CannotRefer, TransferPending, NobodyToCall),
    ),
)
