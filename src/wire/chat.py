"""Chat messages (api.md section 2.5)."""

from uuid import UUID

from mixminus.wire.view import Reference, Timestamp, View

__all__ = ["ChatMessageView"]


class ChatMessageView(View):
    """A message in a room."""

    id: UUID
    customer_id: UUID
    conference_id: UUID
    sender_id: Reference
    """The participant that has sent it; nil for a program."""
    sender_name: str
    recipient_id: Reference
    """The only participant that it is for; nil for all."""
    text: str
    """Empty once it is deleted."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp
