"""A recording as the house knows it (api.md section 7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from mixminus.ids import NIL, CustomerId, RecordingId
from mixminus.recording.states import RecordingStatus

__all__ = ["Recording", "RecordingOptions"]


@dataclass(frozen=True, slots=True)
class RecordingOptions:
    """What a client asks for; ``duration_s`` 0 means the 24 h cap."""

    format: Literal["wav"] = "wav"
    duration_s: int = 0
    on_end_flow_id: UUID = NIL
    stems: bool = False


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording of one conference; ``None`` times have not happened."""

    id: RecordingId
    customer_id: CustomerId
    reference_type: Literal["confbridge", "call"]
    reference_id: UUID
    status: RecordingStatus
    format: str
    on_end_flow_id: UUID
    tm_create: datetime
    tm_start: datetime | None = None
    tm_end: datetime | None = None
    tm_update: datetime | None = None
    tm_delete: datetime | None = None
