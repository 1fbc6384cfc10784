"""Conference and conferencecall as the house knows them; ``render.py`` writes them for the API."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from mixminus.conference.states import ConferencecallStatus, ConferenceStatus
from mixminus.ids import NIL, CallId, ConferencecallId, ConferenceId, CustomerId

__all__ = ["Conference", "ConferenceSpec", "ConferenceType", "Conferencecall"]

ConferenceType = Literal["conference", "connect"]


@dataclass(frozen=True, slots=True)
class ConferenceSpec:
    """What a client asks for when it creates a conference (api.md section 2.2)."""

    type: ConferenceType
    id: ConferenceId | None = None
    name: str = ""
    detail: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    timeout_s: int = 0
    pre_actions: tuple[dict[str, Any], ...] = ()
    post_actions: tuple[dict[str, Any], ...] = ()
    pre_flow_id: UUID = NIL
    post_flow_id: UUID = NIL


@dataclass(frozen=True, slots=True)
class Conference:
    """A room (api.md section 2.1); ``None`` times have not happened."""

    id: ConferenceId
    customer_id: CustomerId
    type: ConferenceType
    status: ConferenceStatus
    name: str
    detail: str
    data: dict[str, Any]
    timeout_s: int
    pre_actions: tuple[dict[str, Any], ...]
    post_actions: tuple[dict[str, Any], ...]
    pre_flow_id: UUID
    post_flow_id: UUID
    conferencecall_ids: tuple[UUID, ...]
    recording_id: UUID
    recording_ids: tuple[UUID, ...]
    transcribe_id: UUID
    transcribe_ids: tuple[UUID, ...]
    direct_hash: str
    tm_create: datetime
    tm_update: datetime | None = None
    tm_end: datetime | None = None
    tm_delete: datetime | None = None
    tm_timeout: datetime | None = None
    """When the conference will be closed by itself; not part of the API."""


@dataclass(frozen=True, slots=True)
class Conferencecall:
    """A participant (api.md section 3.1)."""

    id: ConferencecallId
    customer_id: CustomerId
    conference_id: ConferenceId
    reference_id: CallId
    status: ConferencecallStatus
    tm_create: datetime
    reference_type: Literal["call"] = "call"
    activeflow_id: UUID = NIL
    tm_join: datetime | None = None
    """When audio was connected, if ever; not part of the API."""
    tm_update: datetime | None = None
    tm_delete: datetime | None = None
