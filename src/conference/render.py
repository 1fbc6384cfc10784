"""Conferences and participants as JSON, for the API and for events (api.md sections 2.1 and 3.1)."""

from dataclasses import asdict
from typing import Any

from mixminus.model.conference import Conference, Conferencecall, RoomSettings
from mixminus.store.timestamps import TimestampStyle, format_time

__all__ = ["render_conference", "render_conferencecall"]


def render_conference(conference: Conference, style: TimestampStyle, *, pins: bool = False) -> dict[str, Any]:
    """Return every key of the seed's shape, the current API's, and our own on top.

    Only its owner is told a room's pins; elsewhere null says that there is one.
    """
    return {
        "id": str(conference.id),
        "customer_id": str(conference.customer_id),
        "type": conference.type,
        "status": conference.status.value,
        "name": conference.name,
        "detail": conference.detail,
        "data": conference.data,
        "timeout": conference.timeout_s,
        "pre_actions": list(conference.pre_actions),
        "post_actions": list(conference.post_actions),
        "pre_flow_id": str(conference.pre_flow_id),
        "post_flow_id": str(conference.post_flow_id),
        "conferencecall_ids": [str(each) for each in conference.conferencecall_ids],
        "recording_id": str(conference.recording_id),
        "recording_ids": [str(each) for each in conference.recording_ids],
        "transcribe_id": str(conference.transcribe_id),
        "transcribe_ids": [str(each) for each in conference.transcribe_ids],
        "direct_hash": conference.direct_hash,
        **_render_settings(conference.settings, pins=pins),
        "tm_end": format_time(conference.tm_end, style),
        "tm_create": format_time(conference.tm_create, style),
        "tm_update": format_time(conference.tm_update, style),
        "tm_delete": format_time(conference.tm_delete, style),
    }


def _render_settings(settings: RoomSettings, *, pins: bool) -> dict[str, Any]:
    rendered = asdict(settings)
    if not pins:
        rendered |= {name: None for name in ("pin", "moderator_pin") if rendered[name]}
    return rendered


def render_conferencecall(participant: Conferencecall, style: TimestampStyle) -> dict[str, Any]:
    """Return a participant; it is a conferencecall only here, at the edge."""
    return {
        "id": str(participant.id),
        "customer_id": str(participant.customer_id),
        "activeflow_id": str(participant.activeflow_id),
        "conference_id": str(participant.conference_id),
        "reference_type": participant.reference_type,
        "reference_id": str(participant.reference_id),
        "status": participant.status.value,
        "role": participant.role.value,
        "muted": participant.muted,
        "deaf": participant.deaf,
        "gain_db": participant.gain_db,
        "talking": participant.talking,
        "label": participant.label,
        "tm_create": format_time(participant.tm_create, style),
        "tm_update": format_time(participant.tm_update, style),
        "tm_delete": format_time(participant.tm_delete, style),
    }
