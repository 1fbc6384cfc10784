"""Flows and activeflows as the API answers them, as schemas."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from mixminus.api.openapi.shapes import PageShape, Reference, Shape, Timestamp
from mixminus.model.flow import ActiveflowStatus, ReferenceType

__all__ = ["Activeflow", "ActiveflowPage", "Flow", "FlowPage"]


class Flow(Shape):
    """What a call is to do, action by action, under a name."""

    id: UUID
    customer_id: UUID
    type: Literal["flow"]
    name: str
    detail: str
    actions: list[dict[str, Any]]
    """Each with `id`, `next_id`, `type` and `option`; an id that was not given has been made."""
    direct_hash: str = Field(pattern=r"^direct\.[0-9a-f]{12}$")
    """A name that phones can dial."""
    on_complete_flow_id: Reference
    """What is run, without the call, when this flow is over."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Activeflow(Shape):
    """A flow that is being run, or was."""

    id: UUID
    customer_id: UUID
    flow_id: Reference
    """The flow that it was begun with; none if it was begun with actions."""
    status: ActiveflowStatus
    reference_type: ReferenceType
    """What it belongs to: a `call`, or nothing but the request to the `api`."""
    reference_id: Reference
    reference_activeflow_id: Reference
    """The activeflow whose end has begun this one."""
    on_complete_flow_id: Reference
    webhook_uri: str
    """Where its events go, besides to the customer's webhook."""
    webhook_method: str
    current_action: dict[str, Any]
    """What it does now, or did last, with variables in place of their names; empty before the first action."""
    forward_action_id: Reference
    executed_actions: list[dict[str, Any]]
    """The last hundred before the current one, oldest first."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class FlowPage(PageShape):
    """Flows, newest first."""

    result: list[Flow]


class ActiveflowPage(PageShape):
    """Activeflows, newest first."""

    result: list[Activeflow]
