"""GuestLinkService: signed links by which guests join one conference from a browser.

The token is signed, with the id of the link and its expiry. The link's row decides: so a link
can be revoked, and the token need not be stored.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from mixminus.access.errors import (
    GuestLinkExpired,
    GuestLinkNotFound,
    GuestLinkRevoked,
    TooManyGuestLinks,
)
from mixminus.access.signed_tokens import claims_of, sign
from mixminus.clock import Clock
from mixminus.model.access import CustomerStatus, GuestLink, Identity
from mixminus.model.ids import ConferenceId, CustomerId, GuestLinkId, new_id
from mixminus.model.permissions import Permission
from mixminus.store.database import Store
from mixminus.store.ownership import owned
from mixminus.store.page import Page

__all__ = ["MAX_LINKS", "GuestLinkService"]

MAX_LINKS: Final = 1000
"""Links of one conference that are valid at the same time."""
TYPE: Final = "guest"


class GuestLinkService:
    """Creates, lists, deletes and authenticates links; another customer's link is not found."""

    def __init__(self, store: Store, clock: Clock, signing_key: Callable[[], Awaitable[str]]) -> None:
        self._store = store
        self._clock = clock
        self._signing_key = signing_key

    async def create(
        self, customer_id: CustomerId, conference_id: ConferenceId, *, name: str, life_s: int
    ) -> tuple[GuestLink, str]:
        """Create a link to a conference of the customer; return it and its token, which is not kept.

        Raises TooManyGuestLinks.
        """
        signing_key = await self._signing_key()
        async with self._store.transaction() as tx:
            now = self._clock.now()
            if await tx.guest_links.count_valid(conference_id, now) >= MAX_LINKS:
                raise TooManyGuestLinks(
                    f"the conference has {MAX_LINKS} guest links that are valid: delete some of them"
                )
            link = GuestLink(
                id=GuestLinkId(new_id()),
                customer_id=customer_id,
                conference_id=conference_id,
                name=name,
                tm_create=now,
                tm_expire=now + timedelta(seconds=life_s),
            )
            await tx.guest_links.add(link)
        return link, _sign(link, signing_key)

    async def list(self, customer_id: CustomerId, conference_id: ConferenceId, page: Page) -> list[GuestLink]:
        """Return the links of a conference that are not deleted, also expired ones, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.guest_links.page_of(customer_id, conference_id, page)

    async def delete(
        self, customer_id: CustomerId, conference_id: ConferenceId, link_id: GuestLinkId
    ) -> GuestLink:
        """Revoke a link, effective at once; no change if it is revoked. Guests in the room stay there."""
        async with self._store.transaction() as tx:
            missing = GuestLinkNotFound(f"no guest link {link_id}")
            link = owned(await tx.guest_links.find_for_update(link_id), customer_id, missing)
            if link.conference_id != conference_id:
                raise missing
            if link.tm_delete is None:
                now = self._clock.now()
                link = replace(link, tm_delete=now, tm_update=now)
                await tx.guest_links.save(link)
        return link

    async def authenticate(self, token: str) -> tuple[Identity, CustomerStatus] | None:
        """Return the guest of a valid token, and its customer's status; None if it is no token of a link.

        Raises GuestLinkExpired, GuestLinkRevoked.
        """
        link_id = _read(token, await self._signing_key())
        if link_id is None:
            return None
        async with self._store.snapshot() as tx:
            found = await tx.guest_links.find_with_status(link_id)
        if found is None:
            return None
        link, status = found
        if link.tm_delete is not None:
            raise GuestLinkRevoked("this link was revoked: ask for a new one")
        if link.tm_expire <= self._clock.now():
            raise GuestLinkExpired("this link has expired: ask for a new one")
        return Identity(link.customer_id, Permission.NONE, guest=link), status


def _sign(link: GuestLink, signing_key: str) -> str:
    claims = {"guest_link_id": str(link.id), "expire": int(link.tm_expire.timestamp())}
    return sign(TYPE, claims, signing_key)


def _read(token: str, signing_key: str) -> GuestLinkId | None:
    """Return the link that a token was signed for, whether it has expired or not."""
    claims = claims_of(token, TYPE, signing_key)
    try:
        return GuestLinkId(UUID(claims["guest_link_id"])) if claims else None
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
