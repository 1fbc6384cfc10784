"""Recordings as the API and the events show them (api.md section 7)."""

from typing import Any

from mixminus.model.ids import NIL
from mixminus.model.recording import Recording
from mixminus.store.timestamps import TimestampStyle, format_time

__all__ = ["render_recording"]


def render_recording(recording: Recording, style: TimestampStyle) -> dict[str, Any]:
    """Return every key; a conference's recording belongs to no agent and no flow."""
    return {
        "id": str(recording.id),
        "customer_id": str(recording.customer_id),
        "owner_type": "",
        "owner_id": str(NIL),
        "activeflow_id": str(NIL),
        "reference_type": recording.reference_type,
        "reference_id": str(recording.reference_id),
        "status": recording.status.value,
        "format": recording.format,
        "channels": "mono" if recording.channels == 1 else "stereo",
        "stems": recording.stems,
        "paused": recording.paused,
        "progress": recording.progress,
        "error": recording.error,
        "seal": recording.seal,
        "files": [dict(each) for each in recording.files],
        "on_end_flow_id": str(recording.on_end_flow_id),
        "tm_start": format_time(recording.tm_start, style),
        "tm_end": format_time(recording.tm_end, style),
        "tm_create": format_time(recording.tm_create, style),
        "tm_update": format_time(recording.tm_update, style),
        "tm_delete": format_time(recording.tm_delete, style),
    }
