"""Calls and groupcalls as the API and the events show them (api.md sections 5.1 and 5.2)."""

from dataclasses import asdict
from typing import Any

from mixminus.model.call import Call, Groupcall
from mixminus.model.ids import NIL
from mixminus.store.timestamps import TimestampStyle, format_time

__all__ = ["render_call", "render_groupcall"]


def render_call(call: Call, style: TimestampStyle) -> dict[str, Any]:
    """Return every key; no agent owns a call."""
    return {
        "id": str(call.id),
        "customer_id": str(call.customer_id),
        "owner_type": "",
        "owner_id": str(NIL),
        "flow_id": str(call.flow_id),
        "activeflow_id": str(call.activeflow_id),
        "type": "flow",
        "master_call_id": str(call.master_call_id),
        "chained_call_ids": [str(each) for each in call.chained_call_ids],
        "recording_id": str(call.recording_id),
        "recording_ids": [str(each) for each in call.recording_ids],
        "groupcall_id": str(call.groupcall_id),
        "source": asdict(call.source),
        "destination": asdict(call.destination),
        "status": call.status.value,
        "action": call.action,
        "metadata": {},
        "direction": call.direction,
        "mute_direction": call.mute.word,
        "hangup_by": call.hangup_by.value,
        "hangup_reason": call.hangup_reason.value,
        "tm_progressing": format_time(call.tm_progressing, style),
        "tm_ringing": format_time(call.tm_ringing, style),
        "tm_hangup": format_time(call.tm_hangup, style),
        "tm_create": format_time(call.tm_create, style),
        "tm_update": format_time(call.tm_update, style),
        "tm_delete": format_time(call.tm_delete, style),
    }


def render_groupcall(groupcall: Groupcall, style: TimestampStyle) -> dict[str, Any]:
    """Return every key of api.md section 5.2; a groupcall has no groupcalls in it."""
    return {
        "id": str(groupcall.id),
        "customer_id": str(groupcall.customer_id),
        "owner_type": "",
        "owner_id": str(NIL),
        "status": groupcall.status.value,
        "flow_id": str(groupcall.flow_id),
        "source": asdict(groupcall.source),
        "destinations": [asdict(each) for each in groupcall.destinations],
        "master_call_id": str(groupcall.master_call_id),
        "master_groupcall_id": str(NIL),
        "ring_method": "ring_all",
        "answer_method": "hangup_others",
        "answer_call_id": str(groupcall.answer_call_id),
        "call_ids": [str(each) for each in groupcall.call_ids],
        "answer_groupcall_id": str(NIL),
        "groupcall_ids": [],
        "call_count": len(groupcall.call_ids),
        "groupcall_count": 0,
        "dial_index": 0,
        "tm_create": format_time(groupcall.tm_create, style),
        "tm_update": format_time(groupcall.tm_update, style),
        "tm_delete": format_time(groupcall.tm_delete, style),
    }
