"""Flows and activeflows (api.md section 6)."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from mixminus.model.ids import NIL, ActiveflowId, CustomerId, FlowId

__all__ = [
    "ACTIVEFLOW_TRANSITIONS",
    "Activeflow",
    "ActiveflowEvent",
    "ActiveflowSpec",
    "ActiveflowStatus",
    "Flow",
    "FlowSpec",
    "ReferenceType",
]


class ActiveflowStatus(enum.StrEnum):
    RUNNING = enum.auto()
    ENDED = enum.auto()


class ActiveflowEvent(enum.StrEnum):
    FINISHED = enum.auto()


ACTIVEFLOW_TRANSITIONS: Final[dict[ActiveflowStatus, dict[ActiveflowEvent, ActiveflowStatus]]] = {
    ActiveflowStatus.RUNNING: {ActiveflowEvent.FINISHED: ActiveflowStatus.ENDED},
    ActiveflowStatus.ENDED: {},
}


ReferenceType = Literal["", "ai", "api", "call", "campaign", "conversation", "transcribe", "recording"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSpec:
    """The fields of a flow that a client sets (api.md section 6.1)."""

    name: str = ""
    detail: str = ""
    actions: tuple[dict[str, Any], ...] = ()
    on_complete_flow_id: UUID = NIL


@dataclass(frozen=True, slots=True)
class Flow:
    """A named list of actions (api.md section 6.1); times are None until they happen."""

    id: FlowId
    customer_id: CustomerId
    name: str
    detail: str
    actions: tuple[dict[str, Any], ...]
    on_complete_flow_id: UUID
    direct_hash: str
    tm_create: datetime
    type: str = "flow"
    tm_update: datetime | None = None
    tm_delete: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveflowSpec:
    """The request to run a flow or actions without a call, with an optional webhook of its own."""

    id: ActiveflowId | None = None
    flow_id: UUID = NIL
    actions: tuple[dict[str, Any], ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    reference_type: ReferenceType = "api"
    reference_id: UUID = NIL
    webhook_uri: str = ""
    webhook_method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activeflow:
    """One run of a flow (api.md section 6.3)."""

    id: ActiveflowId
    customer_id: CustomerId
    flow_id: UUID
    status: ActiveflowStatus
    reference_type: ReferenceType
    reference_id: UUID
    tm_create: datetime
    reference_activeflow_id: UUID = NIL
    """The activeflow whose end started this one."""
    on_complete_flow_id: UUID = NIL
    complete_count: int = 0
    """How many activeflows preceded this one, each started by the end of the previous."""
    webhook_uri: str = ""
    webhook_method: str = ""
    current_action: dict[str, Any] = field(default_factory=dict)
    executed_actions: tuple[dict[str, Any], ...] = ()
    """The latest actions before the current one, oldest first."""
    tm_update: datetime | None = None
    tm_delete: datetime | None = None
