"""What clients send about flows, and flows that are to run (api.md sections 6.1 and 6.3)."""

from typing import Any, Final, Literal

from pydantic import Field

from mixminus.api.schemas import Body, Text, Uuid
from mixminus.model.flow import ActiveflowSpec, FlowSpec
from mixminus.model.ids import NIL, ActiveflowId

__all__ = ["ActiveflowBody", "FlowBody"]

MAX_ACTIONS: Final = 1000


class FlowBody(Body):
    """POST /flows and PUT /flows/{id}; what is absent gets its default."""

    name: Text = ""
    detail: Text = ""
    actions: list[dict[str, Any]] = Field([], max_length=MAX_ACTIONS)
    on_complete_flow_id: Uuid = NIL

    def spec(self) -> FlowSpec:
        return FlowSpec(
            name=self.name,
            detail=self.detail,
            actions=tuple(self.actions),
            on_complete_flow_id=self.on_complete_flow_id,
        )


class ActiveflowBody(Body):
    """POST /activeflows: a flow, or actions; the actions count only where no flow is named."""

    id: Uuid | None = None
    flow_id: Uuid = NIL
    actions: list[dict[str, Any]] = Field([], max_length=MAX_ACTIONS)
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
