"""Guest links, and what a guest learns of its conference (api.md section 2.3)."""

from uuid import UUID

from mixminus.model.conference import ConferenceStatus
from mixminus.wire.view import Timestamp, View

__all__ = ["GuestLinkView", "GuestView"]


class GuestLinkView(View):
    """A link by which guests join one conference from a browser, without its token."""

    id: UUID
    customer_id: UUID
    conference_id: UUID
    name: str
    """The name of the guest; empty if the guest chooses one."""
    tm_expire: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class GuestView(View):
    """What a guest may know of the conference that its link leads to."""

    conference_id: UUID
    conference_name: str
    status: ConferenceStatus
    locked: bool
    """Whether the conference admits no more participants at present."""
    name: str
    """The name of the guest; empty if the guest chooses one."""
    tm_expire: Timestamp
