"""/flows (api.md section 6.1): named lists of actions for calls."""

from functools import partial
from typing import Final

from pydantic import Field

from mixminus.api.body import ActionBody, Body, Text, Uuid
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.flow.errors import FlowNotFound, InvalidActionType, TooManyFlows
from mixminus.model.flow import Flow, FlowSpec
from mixminus.model.ids import NIL, FlowId
from mixminus.store.page import Page
from mixminus.wire.flow import FlowView

__all__ = ["MAX_ACTIONS", "resource"]

MAX_ACTIONS: Final = 1000

resource: Final = Resource("Flows", view=FlowView, missing=(FlowNotFound,))
operation = partial(Operation, resource)


class FlowBody(Body):
    """Absent fields are set to their defaults."""

    name: Text = ""
    detail: Text = ""
    actions: list[ActionBody] = Field([], max_length=MAX_ACTIONS)
    on_complete_flow_id: Uuid = NIL

    def spec(self) -> FlowSpec:
        return FlowSpec(
            name=self.name,
            detail=self.detail,
            actions=tuple(self.actions),
            on_complete_flow_id=self.on_complete_flow_id,
        )


@operation("POST", "/flows", "Create a flow", errors=(InvalidActionType, FlowNotFound, TooManyFlows))
async def create_flow(call: ApiCall, body: FlowBody) -> Flow:
    """An error in an action is reported with its path, such as `actions[2].option.duration`. `${name}` in any
    text of an option is a variable, replaced when the action is executed.
    """
    return await call.services.flows.create(call.customer_id, body.spec())


@operation("GET", "/flows", "List flows")
async def list_flows(call: ApiCall, page: Page) -> list[Flow]:
    return await call.services.flows.list(call.customer_id, page)


@operation("GET", "/flows/{id}", "Get a flow")
async def get_flow(call: ApiCall) -> Flow:
    """Also after it is deleted."""
    return await call.services.flows.get(call.customer_id, FlowId(call.id))


@operation("PUT", "/flows/{id}", "Update a flow", errors=(InvalidActionType,))
async def update_flow(call: ApiCall, body: FlowBody) -> Flow:
    """Replaces all that can be changed: absent fields are reset to their defaults. Calls that run the flow
    continue with the previous version.
    """
    return await call.services.flows.update(call.customer_id, FlowId(call.id), body.spec())


@operation("DELETE", "/flows/{id}", "Delete a flow")
async def delete_flow(call: ApiCall) -> Flow:
    """Calls that run it continue. Deleting it again changes nothing."""
    return await call.services.flows.delete(call.customer_id, FlowId(call.id))


@operation("POST", "/flows/{id}/direct-hash-regenerate", "Regenerate the direct hash of a flow")
async def regenerate_flow_hash(call: ApiCall) -> Flow:
    """The previous hash stops working."""
    return await call.services.flows.regenerate_direct_hash(call.customer_id, FlowId(call.id))
