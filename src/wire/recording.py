"""Recordings (api.md section 7)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from mixminus.model.ids import NIL
from mixminus.model.recording import RecordingStatus
from mixminus.wire.view import Reference, Timestamp, View

__all__ = ["RecordingFile", "RecordingView"]


class RecordingFile(View):
    """A file of a recording, at /recordingfiles/{id}?track=..."""

    track: str
    """`mix` is the recording itself."""
    name: str
    bytes: int = Field(ge=0)
    sha256: str


class RecordingView(View):
    """A recording; its audio is at /recordingfiles/{id} when it has ended."""

    id: UUID
    customer_id: UUID
    owner_type: str = ""
    owner_id: Reference = NIL
    activeflow_id: Reference = NIL
    reference_type: Literal["confbridge", "call"]
    reference_id: UUID
    """The recorded conference or call."""
    status: RecordingStatus
    format: Literal["wav", "flac", "ogg", "mp3", "m4a"]
    channels: Annotated[
        Literal["mono", "stereo"], BeforeValidator(lambda count: "mono" if count == 1 else "stereo")
    ]
    stems: bool
    """Whether each speaker has a file of its own as well."""
    paused: Literal["", "silence", "cut"]
    """The mode of the current pause."""
    progress: float | None
    """Fraction that is encoded, 0 to 1, while encoding runs."""
    error: str
    """Empty, `disk_full`, `disk_failed`, `repaired` (by a restart), `encoding_failed`, `not_completed`,
    or `lost`: neither a disk nor the storage has anything of it."""
    seal: str
    """The last hash of the timeline when the recording has ended. It proves that nothing was changed."""
    files: list[RecordingFile]
    """When the recording has ended: the recording itself, then its stems."""
    on_end_flow_id: Reference
    tm_start: Timestamp
    tm_end: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp
