"""/transfers: transfers of calls, as VoIPBIN's API has them beside those under /calls."""

from functools import partial
from typing import Final, Literal
from uuid import UUID

from pydantic import Field

from mixminus.api.body import Body, Uuid
from mixminus.api.calls import MAX_DESTINATIONS, AddressBody
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.call.errors import CallNotFound, CallNotInRoom, NoCallableDestination, TransferPending
from mixminus.model.ids import NIL, CallId
from mixminus.usage.errors import InsufficientBalance
from mixminus.wire.call import AddressView
from mixminus.wire.view import Reference, View

__all__ = ["resource"]

resource: Final = Resource("Transfers")
operation = partial(Operation, resource)


class CreateTransferBody(Body):
    transfer_type: Literal["blind", "attended"]
    """`blind`: the call is hung up when the first transferee joins; `attended`: it stays."""
    transferer_call_id: Uuid
    """A call in a room, whose place the transferees take."""
    transferee_addresses: list[AddressBody] = Field(min_length=1, max_length=MAX_DESTINATIONS)
    """Several ring together."""


class TransferView(View):
    """A transfer that has begun."""

    type: Literal["blind", "attended"]
    transferer_call_id: UUID
    transferee_addresses: list[AddressView]
    transferee_call_id: Reference = NIL
    """The call to the first address that is called by itself."""
    groupcall_id: Reference = NIL
    """The calls to addresses that ring together, such as an extension's phones."""


@operation(
    "POST",
    "/transfers",
    "Create a transfer",
    errors=(CallNotFound, CallNotInRoom, TransferPending, NoCallableDestination, InsufficientBalance),
)
async def create_transfer(call: ApiCall, body: CreateTransferBody) -> TransferView:
    """The same as `POST /calls/{id}/transfer` with the call that transfers."""
    addresses = tuple(each.address() for each in body.transferee_addresses)
    placed = await call.services.transfers.transfer(
        call.customer_id,
        CallId(body.transferer_call_id),
        addresses,
        attended=body.transfer_type == "attended",
    )
    return TransferView.model_validate(
        {
            "type": body.transfer_type,
            "transferer_call_id": body.transferer_call_id,
            "transferee_addresses": addresses,
            "transferee_call_id": placed.calls[0].id if placed.calls else NIL,
            "groupcall_id": placed.groupcalls[0].id if placed.groupcalls else NIL,
        }
    )
