"""/conferences/{id}/guest_links and /guest (api.md section 2.3): links by which guests join one conference.

An extension of the API. A guest may do only what ``Operation.guests`` allows: join its conference by WHIP, and
read what the join page shows.
"""

from functools import partial
from typing import Annotated, Final

from pydantic import Field

from mixminus.access.errors import GuestLinkNotFound, GuestOnly, TooManyGuestLinks
from mixminus.api.body import Body, Text
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.api.paths import path_id
from mixminus.conference.errors import ConferenceNotFound, ConferenceNotProgressing
from mixminus.model.access import GuestLink
from mixminus.model.ids import ConferenceId, GuestLinkId
from mixminus.model.permissions import Permission
from mixminus.store.page import Page
from mixminus.wire.guest_links import GuestLinkView, GuestView

__all__ = ["resource"]

MAX_LIFE_S: Final = 366 * 86_400
DEFAULT_LIFE_S: Final = 86_400
MAX_NAME_CHARACTERS: Final = 64
PATH: Final = "/conferences/{id}/guest_links"

resource: Final = Resource("Guest links", view=GuestLinkView, missing=(ConferenceNotFound,))
operation = partial(Operation, resource)


class GuestLinkBody(Body):
    """``expire`` is in seconds."""

    name: Annotated[Text, Field(max_length=MAX_NAME_CHARACTERS)] = ""
    expire: int = Field(DEFAULT_LIFE_S, ge=1, le=MAX_LIFE_S)


class NewGuestLinkView(GuestLinkView):
    """A new guest link."""

    token: str = ""
    """The credential of the guest. It is shown only once."""
    path: str = ""
    """The join page with the token, relative to the address of the server."""


@operation(
    "POST",
    PATH,
    "Create a guest link",
    optional_body=True,
    errors=(ConferenceNotProgressing, TooManyGuestLinks),
    secret=True,
)
async def create_guest_link(call: ApiCall, body: GuestLinkBody) -> NewGuestLinkView:
    """A guest opens `path` in a browser and joins this conference, without its PIN, as a participant: nothing
    else. `expire` is in seconds, a day if it is absent, a year at most. The token is shown only here.
    """
    conference = await call.services.conferences.get_open(call.customer_id, ConferenceId(call.id))
    link, token = await call.services.access.guest_links.create(
        call.customer_id, conference.id, name=body.name, life_s=body.expire
    )
    return NewGuestLinkView.of(link, token=token, path=f"join#token={token}")


@operation("GET", PATH, "List guest links")
async def list_guest_links(call: ApiCall, page: Page) -> list[GuestLink]:
    """Of one conference: those that are not deleted, also expired ones."""
    conference = await call.services.conferences.get(call.customer_id, ConferenceId(call.id))
    return await call.services.access.guest_links.list(call.customer_id, conference.id, page)


@operation(
    "DELETE",
    "/conferences/{id}/guest_links/{guest_link_id}",
    "Revoke a guest link",
    errors=(GuestLinkNotFound,),
)
async def delete_guest_link(call: ApiCall) -> GuestLink:
    """It admits no guest from now on. Guests that are in the room stay there until they leave or are removed."""
    conference = await call.services.conferences.get(call.customer_id, ConferenceId(call.id))
    return await call.services.access.guest_links.delete(
        call.customer_id, conference.id, GuestLinkId(path_id(call.request, "guest_link_id"))
    )


@operation(
    "GET",
    "/guest",
    "Get the conference of a guest",
    permission=Permission.NONE,
    guests=True,
    errors=(GuestOnly, ConferenceNotFound),
)
async def get_guest(call: ApiCall) -> GuestView:
    """For the holder of a guest link: which conference it leads to, and whether it is open."""
    guest = call.identity.guest
    if guest is None:
        raise GuestOnly("this request is for the holder of a guest link: send its token")
    conference = await call.services.conferences.get(guest.customer_id, guest.conference_id)
    return GuestView(
        conference_id=conference.id,
        conference_name=conference.name,
        status=conference.status,
        locked=conference.settings.locked,
        name=guest.name,
        tm_expire=guest.tm_expire,
    )
