"""Flows and activeflows as the API and the events show them (api.md sections 6.1 and 6.3)."""

from typing import Any

from mixminus.model.flow import Activeflow, Flow
from mixminus.model.ids import NIL
from mixminus.store.timestamps import TimestampStyle, format_time

__all__ = ["render_activeflow", "render_flow"]


def render_flow(flow: Flow, style: TimestampStyle) -> dict[str, Any]:
    """Return every key."""
    return {
        "id": str(flow.id),
        "customer_id": str(flow.customer_id),
        "type": flow.type,
        "name": flow.name,
        "detail": flow.detail,
        "actions": list(flow.actions),
        "direct_hash": flow.direct_hash,
        "on_complete_flow_id": str(flow.on_complete_flow_id),
        "tm_create": format_time(flow.tm_create, style),
        "tm_update": format_time(flow.tm_update, style),
        "tm_delete": format_time(flow.tm_delete, style),
    }


def render_activeflow(activeflow: Activeflow, style: TimestampStyle) -> dict[str, Any]:
    """Return every key; a flow is never sent forward by somebody else."""
    return {
        "id": str(activeflow.id),
        "customer_id": str(activeflow.customer_id),
        "flow_id": str(activeflow.flow_id),
        "status": activeflow.status.value,
        "reference_type": activeflow.reference_type,
        "reference_id": str(activeflow.reference_id),
        "reference_activeflow_id": str(activeflow.reference_activeflow_id),
        "on_complete_flow_id": str(activeflow.on_complete_flow_id),
        "webhook_uri": activeflow.webhook_uri,
        "webhook_method": activeflow.webhook_method,
        "current_action": activeflow.current_action,
        "forward_action_id": str(NIL),
        "executed_actions": list(activeflow.executed_actions),
        "tm_create": format_time(activeflow.tm_create, style),
        "tm_update": format_time(activeflow.tm_update, style),
        "tm_delete": format_time(activeflow.tm_delete, style),
    }
