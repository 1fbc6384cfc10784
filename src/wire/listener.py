"""Listeners of rooms (api.md section 9.2)."""

from uuid import UUID

from mixminus.wire.view import Timestamp, View

__all__ = ["ListenerView"]


class ListenerView(View):
    """Who hears a room by WHEP, and is no participant."""

    id: UUID
    """Of its WHEP session."""
    customer_id: UUID
    conference_id: UUID
    name: str
    """As it has named itself."""
    tm_create: Timestamp
    tm_end: Timestamp
    """When it left: in the event `listener_left`."""
