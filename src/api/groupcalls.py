"""/groupcalls (api.md section 5.2): outgoing calls that ring together."""

from functools import partial
from typing import Literal

from mixminus.api.calls import CallBody, order_of, resource
from mixminus.api.operation import ApiCall, Operation
from mixminus.call.errors import GroupcallNotFound, NoCallableDestination
from mixminus.flow.errors import FlowNotFound, InvalidActionType
from mixminus.model.call import Groupcall
from mixminus.store.page import Page
from mixminus.wire.call import GroupcallView

__all__: list[str] = []

operation = partial(Operation, resource)


class GroupcallBody(CallBody):
    ring_method: Literal["", "ring_all"] = ""
    answer_method: Literal["", "hangup_others"] = ""


@operation(
    "POST",
    "/groupcalls",
    summary="Create a groupcall",
    answer=GroupcallView,
    errors=(FlowNotFound, InvalidActionType, NoCallableDestination),
)
async def create_groupcall(call: ApiCall, body: GroupcallBody) -> Groupcall:
    """All destinations ring; the first to answer is connected, the others are hung up."""
    order = await order_of(call.services, call.customer_id, body)
    groupcall, _ = await call.services.dialout.ring_together(call.customer_id, order)
    return groupcall


@operation("GET", "/groupcalls", summary="List groupcalls", page=GroupcallView)
async def list_groupcalls(call: ApiCall, page: Page) -> list[Groupcall]:
    return await call.services.dialout.list_groups(call.customer_id, page)


@operation(
    "GET", "/groupcalls/{id}", summary="Get a groupcall", answer=GroupcallView, errors=(GroupcallNotFound,)
)
async def get_groupcall(call: ApiCall) -> Groupcall:
    return await call.services.dialout.get_group(call.customer_id, call.id)


@operation(
    "DELETE",
    "/groupcalls/{id}",
    summary="Delete a groupcall",
    answer=GroupcallView,
    errors=(GroupcallNotFound,),
)
async def delete_groupcall(call: ApiCall) -> Groupcall:
    """Hangs up its calls."""
    return await call.services.dialout.delete_group(call.customer_id, call.id)


@operation(
    "POST",
    "/groupcalls/{id}/hangup",
    summary="Hang up a groupcall",
    answer=GroupcallView,
    errors=(GroupcallNotFound,),
)
async def hang_up_groupcall(call: ApiCall) -> Groupcall:
    """Hangs up all of its calls."""
    return await call.services.dialout.hang_up_group(call.customer_id, call.id)
