"""Chat messages of a room: to all participants, or to one (api.md section 2.5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mixminus.model.ids import ChatMessageId, ConferencecallId, ConferenceId, CustomerId

__all__ = ["MAX_TEXT", "ChatMessage"]

MAX_TEXT: Final = 4000
"""Characters of a message."""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message; a deleted one has no text."""

    id: ChatMessageId
    customer_id: CustomerId
    conference_id: ConferenceId
    sender_id: ConferencecallId
    """The participant that has sent it; nil for a program."""
    sender_name: str
    recipient_id: ConferencecallId
    """The only participant that it is for; nil for the room."""
    text: str
    tm_create: datetime
    tm_update: datetime | None = None
    tm_delete: datetime | None = None
