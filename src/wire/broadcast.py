"""Broadcasts of rooms (api.md section 9.3)."""

from uuid import UUID

from mixminus.model.broadcast import BroadcastProtocol, BroadcastStatus
from mixminus.wire.view import Timestamp, View

__all__ = ["BroadcastView"]


class BroadcastView(View):
    """The mix of a room, sent to many."""

    id: UUID
    customer_id: UUID
    conference_id: UUID
    protocol: BroadcastProtocol
    status: BroadcastStatus
    error: str
    """Why it failed, or is retrying; else empty."""
    path: str
    """The playlist, relative to the server's address; it needs a credential, such as the token of a guest link.
    Empty for Icecast."""
    url: str
    """The mount of an Icecast server that gets it, without user and password; else empty."""
    tm_start: Timestamp
    """When players could hear it first."""
    tm_end: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
