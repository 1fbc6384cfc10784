"""An event as it goes out: the envelope of the API, and the numbered one for those who resume."""

from typing import Any
from uuid import UUID

import orjson

from mixminus.store.outbox import Event

__all__ = ["body_of", "render_event", "webhook_id"]


def body_of(event: Event) -> bytes:
    """Return exactly ``type`` and ``data``: the body of a webhook, and a plain frame (api.md 4.4)."""
    return orjson.dumps({"type": event.type, "data": event.data})


def render_event(event: Event) -> dict[str, Any]:
    """Return what REST lists and a numbered frame carries.

    ``id`` orders all events and is what ``after`` takes; ``number`` counts the events of one
    stream (a conference, or a customer for what belongs to no conference) without gaps.
    """
    return {
        "id": event.id,
        "stream_id": str(event.stream_id),
        "number": event.number,
        "type": event.type,
        "data": event.data,
    }


def webhook_id(stream_id: UUID, number: int) -> str:
    """Return the name of an event that no other will ever have, and every attempt repeats."""
    return f"evt_{stream_id.hex}_{number}"
