"""Guest link rows; the token of a link is not stored: it is signed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from mixminus.model.access import CustomerStatus, GuestLink
from mixminus.model.ids import ConferenceId, CustomerId, GuestLinkId
from mixminus.store.page import Page
from mixminus.store.rows import Rows
from mixminus.store.tables import customers, guest_links

__all__ = ["GuestLinkRows"]


class GuestLinkRows(Rows[GuestLink]):
    """Reads and writes guest links within one transaction."""

    table = guest_links

    async def find_with_status(self, link_id: GuestLinkId) -> tuple[GuestLink, CustomerStatus] | None:
        """Return a link, also a deleted one, and its customer's status."""
        query = select(guest_links, customers.c.status.label("customer_status")).join(customers)
        row = (await self._connection.execute(query.where(guest_links.c.id == link_id))).mappings().first()
        if row is None:
            return None
        values = dict(row)
        status = CustomerStatus(values.pop("customer_status"))
        return GuestLink(**values), status

    async def page_of(
        self, customer_id: CustomerId, conference_id: ConferenceId, page: Page
    ) -> list[GuestLink]:
        """Return the undeleted links of a conference, newest first."""
        c = guest_links.c
        return await self._page(customer_id, page, c.conference_id == conference_id, c.tm_delete.is_(None))

    async def count_valid(self, conference_id: ConferenceId, now: datetime) -> int:
        """Return how many links of a conference are neither deleted nor expired."""
        c = guest_links.c
        query = select(func.count()).select_from(guest_links)
        query = query.where(c.conference_id == conference_id, c.tm_delete.is_(None), c.tm_expire > now)
        return int((await self._connection.execute(query)).scalar_one())

    def _model(self, row: Mapping[str, Any]) -> GuestLink:
        return GuestLink(**row)
