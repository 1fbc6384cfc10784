"""Listeners: who hears a room without being in it (api.md section 9.2)."""

from dataclasses import dataclass
from datetime import datetime

from mixminus.model.ids import ConferenceId, CustomerId, ListenerId

__all__ = ["Listener"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A WHEP session; its id is that of the session."""

    id: ListenerId
    customer_id: CustomerId
    conference_id: ConferenceId
    name: str
    tm_create: datetime
    tm_end: datetime | None = None
