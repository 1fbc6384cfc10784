"""Conferencecall rows: present and former participants of conferences."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from mixminus.model.call import CallStatus
from mixminus.model.conference import Conferencecall, ConferencecallStatus, ConferenceStatus, Role
from mixminus.model.health import Condition
from mixminus.model.ids import ConferencecallId, ConferenceId, CustomerId
from mixminus.store.fence import Fence
from mixminus.store.page import Page
from mixminus.store.rows import Rows
from mixminus.store.tables import calls, conferencecalls, conferences, is_present

__all__ = ["ConferencecallRows"]


class ConferencecallRows(Rows[Conferencecall]):
    """Reads and writes participants within one transaction."""

    table = conferencecalls

    async def page(
        self, customer_id: CustomerId, page: Page, conference_id: UUID | None = None
    ) -> list[Conferencecall]:
        """Return the customer's participants of all states, newest first."""
        c = conferencecalls.c
        query = select(conferencecalls).where(c.customer_id == customer_id, c.tm_create < page.before)
        if conference_id is not None:
            query = query.where(c.conference_id == conference_id)
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    async def present(self, conference_id: ConferenceId) -> list[Conferencecall]:
        """Return the participants that have not leaved, oldest first."""
        return await self.present_in([conference_id])

    async def present_in(self, conference_ids: Collection[ConferenceId]) -> list[Conferencecall]:
        """Return the participants of conferences that have not leaved, oldest first."""
        c = conferencecalls.c
        query = select(conferencecalls).where(c.conference_id.in_(conference_ids), is_present())
        return await self._many(query.order_by(c.tm_create))

    async def conditions(self, fence: Fence) -> list[Condition]:
        """Return the health conditions of all participants that are joining or joined, in the rooms of this node."""
        c = conferencecalls.c
        tables = conferencecalls.join(conferences, c.conference_id == conferences.c.id)
        tables = tables.outerjoin(calls, c.reference_id == calls.c.id)
        query = select(
            c.id,
            c.customer_id,
            c.conference_id,
            c.tm_create,
            calls.c.status,
            conferences.c.status,
            conferences.c.type,
        )
        query = query.select_from(tables).where(is_present(), c.status != ConferencecallStatus.LEAVING)
        rows = (await self._connection.execute(query)).all()
        return [
            Condition(
                id=ConferencecallId(id_),
                customer_id=customer_id,
                tm_create=tm_create,
                call_status=CallStatus(call_status) if call_status else None,
                conference_status=ConferenceStatus(conference_status),
                conference_type=conference_type,
            )
            for id_, customer_id, room, tm_create, call_status, conference_status, conference_type in rows
            if fence.holds(room)
        ]

    def _model(self, row: Mapping[str, Any]) -> Conferencecall:
        return Conferencecall(
            **{**row, "status": ConferencecallStatus(row["status"]), "role": Role(row["role"])}
        )
