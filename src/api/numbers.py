"""/numbers (api.md section 13.3): numbers that phones can dial."""

from functools import partial
from typing import Any, Final

from pydantic import Field

from mixminus.api.body import Body, Text, Uuid
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.directory.errors import NumberNotFound, NumberTaken, ResourceDeleted
from mixminus.model.directory import Number, NumberProfile, NumberSpec, NumberType
from mixminus.model.ids import NIL, NumberId
from mixminus.store.page import Page
from mixminus.wire.directory import NumberView

__all__ = ["resource"]

resource: Final = Resource("Numbers", view=NumberView, missing=(NumberNotFound,))
operation = partial(Operation, resource)


class NumberFlowsBody(Body):
    """The nil UUID means none."""

    call_flow_id: Uuid = NIL
    message_flow_id: Uuid = NIL


class NumberProfileBody(NumberFlowsBody):
    """Absent fields become empty."""

    name: Text = ""
    detail: Text = ""

    def profile(self) -> NumberProfile:
        return NumberProfile(**self.model_dump())


class NumberBody(NumberProfileBody):
    number: str = Field(pattern=r"^\+?[0-9]{1,31}$")
    type: NumberType = "virtual"
    """`normal` numbers come from a provider; both work alike."""
    metadata: dict[str, Any] = Field(default_factory=dict)

    def spec(self) -> NumberSpec:
        return NumberSpec(**self.model_dump())


class NumberMetadataBody(Body):
    """The metadata, or an object with the flags of VoIPBIN's schema."""

    metadata: dict[str, Any] = Field(default_factory=dict)
    rtp_debug: bool | None = None
    """The same as `{"metadata": {"rtp_debug": ...}}`."""

    def merged(self) -> dict[str, Any]:
        return self.metadata if self.rtp_debug is None else {**self.metadata, "rtp_debug": self.rtp_debug}


@operation("GET", "/numbers", "List numbers")
async def list_numbers(call: ApiCall, page: Page) -> list[Number]:
    return await call.services.directory.numbers.list(call.customer_id, page)


@operation("POST", "/numbers", "Create a number", errors=(NumberTaken,))
async def create_number(call: ApiCall, body: NumberBody) -> Number:
    """Any free E.164 or short number. Phones can dial it at any host name of the server."""
    return await call.services.directory.numbers.create(call.customer_id, body.spec())


@operation("GET", "/numbers/{id}", "Get a number")
async def get_number(call: ApiCall) -> Number:
    """Also after it is deleted."""
    return await call.services.directory.numbers.get(call.customer_id, NumberId(call.id))


@operation("PUT", "/numbers/{id}", "Update a number", errors=(ResourceDeleted,))
async def update_number(call: ApiCall, body: NumberProfileBody) -> Number:
    return await call.services.directory.numbers.update(call.customer_id, NumberId(call.id), body.profile())


@operation("DELETE", "/numbers/{id}", "Delete a number")
async def delete_number(call: ApiCall) -> Number:
    """Calls to it are refused from now on."""
    return await call.services.directory.numbers.delete(call.customer_id, NumberId(call.id))


@operation("PUT", "/numbers/{id}/flow_ids", "Update the flows of a number", errors=(ResourceDeleted,))
async def update_number_flows(call: ApiCall, body: NumberFlowsBody) -> Number:
    return await call.services.directory.numbers.set_flows(
        call.customer_id,
        NumberId(call.id),
        call_flow_id=body.call_flow_id,
        message_flow_id=body.message_flow_id,
    )


@operation("PUT", "/numbers/{id}/metadata", "Update the metadata of a number", errors=(ResourceDeleted,))
async def update_number_metadata(call: ApiCall, body: NumberMetadataBody) -> Number:
    return await call.services.directory.numbers.set_metadata(
        call.customer_id, NumberId(call.id), body.merged()
    )
