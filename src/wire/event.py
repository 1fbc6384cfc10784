"""Events: the body of a webhook, and the numbered form, for REST and resumed WebSockets."""

from typing import Any
from uuid import UUID

import orjson

from mixminus.store.outbox import Event
from mixminus.wire.view import View

__all__ = ["EventView", "body_of", "webhook_id"]


class EventView(View):
    """An event."""

    id: int
    """Orders all events; the value for `after`."""
    stream_id: UUID
    """The conference, or the customer if the event belongs to no conference."""
    number: int
    """Counts the events of the stream without gaps, from 1."""
    type: str
    data: dict[str, Any]
    """The resource as it was at that time."""


def body_of(event: Event) -> bytes:
    """Return the body of a webhook and of a plain WebSocket frame: ``type`` and ``data`` (api.md 4.4)."""
    return orjson.dumps({"type": event.type, "data": event.data})


def webhook_id(stream_id: UUID, number: int) -> str:
    """Return the unique id of an event, the same for every attempt to deliver it."""
    return f"evt_{stream_id.hex}_{number}"
