"""/groupcalls (api.md section 5.2): outgoing calls that ring together."""

from functools import partial
from typing import Final, Literal

from mixminus.api.calls import CallBody, order_of
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.call.admission import Draining, Overloaded
from mixminus.call.errors import GroupcallNotFound, NoCallableDestination
from mixminus.conference.errors import SeatsTaken
from mixminus.flow.errors import FlowNotFound, InvalidActionType
from mixminus.model.call import Groupcall
from mixminus.store.page import Page
from mixminus.usage.errors import InsufficientBalance
from mixminus.wire.call import GroupcallView

__all__ = ["resource"]

resource: Final = Resource("Calls", view=GroupcallView, missing=(GroupcallNotFound,))
operation = partial(Operation, resource)


class GroupcallBody(CallBody):
    ring_method: Literal["", "ring_all", "linear"] = ""
    """`linear`: each destination rings when the one before has not answered within a minute."""
    answer_method: Literal["", "hangup_others"] = ""


@operation(
    "POST",
    "/groupcalls",
    "Create a groupcall",
    errors=(
        FlowNotFound,
        InvalidActionType,
        NoCallableDestination,
        InsufficientBalance,
        Overloaded,
        Draining,
        SeatsTaken,
    ),
)
async def create_groupcall(call: ApiCall, body: GroupcallBody) -> Groupcall:
    """All destinations ring, together or one after the other; the first to answer is connected, the others are hung up."""
    order = await order_of(call.services, call.customer_id, body)
    if body.ring_method == "linear":
        return await call.services.dialout.ring_linear(call.customer_id, order)
    groupcall, _ = await call.services.dialout.ring_together(call.customer_id, order)
    return groupcall


@operation("GET", "/groupcalls", "List groupcalls")
async def list_groupcalls(call: ApiCall, page: Page) -> list[Groupcall]:
    return await call.services.dialout.list_groups(call.customer_id, page)


@operation("GET", "/groupcalls/{id}", "Get a groupcall")
async def get_groupcall(call: ApiCall) -> Groupcall:
    return await call.services.dialout.get_group(call.customer_id, call.id)


@operation("DELETE", "/groupcalls/{id}", "Delete a groupcall")
async def delete_groupcall(call: ApiCall) -> Groupcall:
    """Hangs up its calls."""
    return await call.services.dialout.delete_group(call.customer_id, call.id)


@operation("POST", "/groupcalls/{id}/hangup", "Hang up a groupcall")
async def hang_up_groupcall(call: ApiCall) -> Groupcall:
    """Hangs up all of its calls."""
    return await call.services.dialout.hang_up_group(call.customer_id, call.id)
