"""Flows and activeflows (api.md sections 6.1 and 6.3)."""

from typing import Any, Literal
from uuid import UUID

from mixminus.model.flow import ActiveflowStatus, ReferenceType
from mixminus.model.ids import NIL
from mixminus.wire.action import CurrentAction
from mixminus.wire.view import Hash, Reference, Timestamp, View

__all__ = ["ActiveflowView", "FlowView"]


class FlowView(View):
    """A named list of actions for calls."""

    id: UUID
    customer_id: UUID
    type: Literal["flow"]
    name: str
    detail: str
    actions: list[dict[str, Any]]
    """Each has `id`, `next_id`, `type` and `option`; the server adds missing ids."""
    direct_hash: Hash
    """A name that phones can dial."""
    on_complete_flow_id: Reference
    """The flow that is started, without the call, when this flow has ended."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class ActiveflowView(View):
    """A running or ended execution of a flow."""

    id: UUID
    customer_id: UUID
    flow_id: Reference
    """The flow it was started with; none if it was started with actions."""
    status: ActiveflowStatus
    reference_type: ReferenceType
    """What it belongs to: a `call`, or only the request to the `api`."""
    reference_id: Reference
    reference_activeflow_id: Reference
    """The activeflow whose end started this one."""
    on_complete_flow_id: Reference
    webhook_uri: str
    """Where its events are sent in addition to the customer's webhook."""
    webhook_method: str
    current_action: CurrentAction
    """The current or last action, with its variables replaced; the nil action before the first."""
    forward_action_id: Reference = NIL
    executed_actions: list[dict[str, Any]]
    """The last hundred actions before the current one, oldest first."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp
