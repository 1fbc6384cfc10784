"""/activeflows (api.md section 6.3): running and ended flows."""

from functools import partial
from typing import Final, Literal

from aiohttp import web
from pydantic import Field

from mixminus.api.body import ActionBody, Body, Text, Uuid
from mixminus.api.flows import MAX_ACTIONS
from mixminus.api.operation import Answer, ApiCall, Operation, Resource
from mixminus.errors import AlreadyExists
from mixminus.flow.errors import ActiveflowNotFound, FlowNotFound, InvalidActionType, TooManyFlows
from mixminus.model.flow import Activeflow, ActiveflowSpec
from mixminus.model.ids import NIL, ActiveflowId
from mixminus.store.page import Page
from mixminus.wire.flow import ActiveflowView

__all__ = ["resource"]

resource: Final = Resource("Flows", view=ActiveflowView, missing=(ActiveflowNotFound,))
operation = partial(Operation, resource)


class ActiveflowBody(Body):
    """``actions`` are used if there is no ``flow_id``."""

    id: Uuid | None = None
    flow_id: Uuid = NIL
    actions: list[ActionBody] = Field([], max_length=MAX_ACTIONS)
    variables: dict[str, str] = Field({})
    webhook_uri: Text = ""
    webhook_method: Literal["", "POST", "PUT", "GET", "DELETE"] = ""

    def spec(self) -> ActiveflowSpec:
        return ActiveflowSpec(
            id=ActiveflowId(self.id) if self.id not in (None, NIL) else None,
            flow_id=self.flow_id,
            actions=tuple(self.actions),
            variables=self.variables,
            webhook_uri=self.webhook_uri,
            webhook_method=self.webhook_method,
        )


@operation(
    "POST",
    "/activeflows",
    "Start a flow without a call",
    errors=(InvalidActionType, FlowNotFound, AlreadyExists, TooManyFlows),
)
async def create_activeflow(call: ApiCall, body: ActiveflowBody) -> Activeflow:
    """Actions that need a call are skipped."""
    return await call.services.activeflows.launch(call.customer_id, body.spec())


@operation("GET", "/activeflows", "List activeflows")
async def list_activeflows(call: ApiCall, page: Page) -> list[Activeflow]:
    return await call.services.activeflows.list(call.customer_id, page)


@operation("GET", "/activeflows/{id}", "Get an activeflow")
async def get_activeflow(call: ApiCall) -> Activeflow:
    """Also after it is deleted."""
    return await call.services.activeflows.get(call.customer_id, ActiveflowId(call.id))


@operation(
    "DELETE",
    "/activeflows/{id}",
    "Delete an activeflow",
    answers=(Answer(status=204, description="Stopped and deleted."),),
)
async def delete_activeflow(call: ApiCall) -> web.Response:
    """Stops it."""
    await call.services.activeflows.delete(call.customer_id, ActiveflowId(call.id))
    return web.Response(status=204)


@operation("POST", "/activeflows/{id}/stop", "Stop an activeflow")
async def stop_activeflow(call: ApiCall) -> Activeflow:
    """Its call, if it has one, is hung up. Stopping it again changes nothing."""
    return await call.services.activeflows.stop(call.customer_id, ActiveflowId(call.id))
