"""Recording rows."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Interval, Table, exists, func, literal, select, true, update

from mixminus.model.ids import NIL, CustomerId
from mixminus.model.recording import Recording, RecordingStatus
from mixminus.store.homes import GONE, left_behind
from mixminus.store.page import Page
from mixminus.store.related import NEWEST, Newest
from mixminus.store.rows import Rows
from mixminus.store.tables import nodes, recordings

__all__ = ["RecordingRows"]

_ACTIVE = frozenset({RecordingStatus.INITIATING, RecordingStatus.RECORDING})

_OF = Newest(
    select(recordings.c.reference_id, recordings.c.id, recordings.c.status), recordings.c.reference_id
)


class RecordingRows(Rows[Recording]):
    """Reads and writes recordings within one transaction."""

    table = recordings

    async def unfinished(self) -> list[Recording]:
        """Return the recordings that have not ended and that this node has, oldest first."""
        c = recordings.c
        query = select(recordings).where(c.status.in_(set(RecordingStatus) - {RecordingStatus.ENDED}))
        return await self._many(query.where(self._is_mine()).order_by(c.tm_create))

    async def active(self, reference_id: UUID) -> list[Recording]:
        """Return the active recordings of a conference or call, oldest first; they are among its newest."""
        c = recordings.c
        newest = select(c.id).where(c.reference_id == reference_id).order_by(c.tm_create.desc()).limit(NEWEST)
        query = select(recordings).where(c.id.in_(newest), c.status.in_(_ACTIVE))
        return await self._many(query.order_by(c.tm_create))

    async def page(
        self, customer_id: CustomerId, page: Page, reference: tuple[str, UUID] | None = None
    ) -> list[Recording]:
        """Return the customer's undeleted recordings, of one conference or call if given, newest first."""
        if reference is None:
            return await super().page(customer_id, page)
        c = recordings.c
        query = select(recordings).where(
            c.reference_type == reference[0],
            c.reference_id == reference[1],
            # Compared as an expression, so that SQLite does not choose the index of all the customer's recordings.
            func.coalesce(c.customer_id, NIL) == customer_id,
            c.tm_create < page.before,
            c.tm_delete.is_(None),
        )
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    async def abandoned(self) -> list[Recording]:
        """Return the active recordings that no living node has, oldest first."""
        c = recordings.c
        query = select(recordings).where(c.status.in_(_ACTIVE), left_behind(recordings, self._node_id))
        return await self._many(query.order_by(c.tm_create))

    async def left_behind(self, lapsed: timedelta) -> list[Recording]:
        """Return the stopped recordings of nodes whose leases have lapsed for so long, oldest first."""
        c = recordings.c
        since = func.clock_timestamp() - literal(lapsed, Interval())
        lately = exists().where(nodes.c.id == c.node_id, nodes.c.lease_until > since)
        query = select(recordings).where(
            c.status == RecordingStatus.STOPPING,
            c.node_id != NIL,
            left_behind(recordings, self._node_id),
            ~lately.correlate(recordings),
        )
        return await self._many(query.order_by(c.tm_create))

    async def claim(self, recording_id: UUID) -> bool:
        """Take a recording that has not ended and that no living node has; False if it is another's.

        A claim waits for another one of the same row, and then sees that a living node has it.
        """
        c = recordings.c
        lives = exists().where(nodes.c.id == self._node_id, nodes.c.state != GONE)
        taken = await self._connection.execute(
            update(recordings)
            .where(c.id == recording_id, c.status != RecordingStatus.ENDED)
            .where(left_behind(recordings, self._node_id), lives)
            .values(node_id=self._node_id)
            .returning(c.id)
        )
        return taken.first() is not None

    async def has(self, recording_id: UUID) -> bool:
        """Return whether this node has a recording, and lives; a server that is no node has all."""
        if self._node_id == NIL:
            return True
        lives = exists().where(nodes.c.id == self._node_id, nodes.c.state != GONE)
        mine = exists().where(recordings.c.id == recording_id, self._is_mine())
        return bool(await self._connection.scalar(select(mine & lives)))

    async def ended(self, ids: Collection[UUID]) -> list[Recording]:
        """Return those of the recordings that have ended, deleted ones too, oldest first."""
        c = recordings.c
        query = select(recordings).where(c.id.in_(ids), c.status == RecordingStatus.ENDED)
        return await self._many(query.order_by(c.tm_create))

    async def ended_before(self, moment: datetime, limit: int, *, left: bool = False) -> list[Recording]:
        """Return the first recordings of this node that have ended before and are not deleted.

        ``left``: also those that no living node has.
        """
        c = recordings.c
        has = self._is_mine() | left_behind(recordings, self._node_id) if left else self._is_mine()
        # Not the status itself: nearly all recordings have ended, and SQLite would find them by it.
        is_ended = c.status.concat("") == RecordingStatus.ENDED
        query = select(recordings).where(is_ended, c.tm_end < moment, c.tm_delete.is_(None), has)
        return await self._many(query.order_by(c.tm_end).limit(limit))

    async def ended_of(self, reference_id: UUID) -> list[UUID]:
        """Return the ids of all recordings of a conference or call that are not active, oldest first."""
        c = recordings.c
        query = select(c.id).where(c.reference_id == reference_id, c.status.not_in(_ACTIVE))
        return list(await self._connection.scalars(query.order_by(c.tm_create)))

    async def of(self, reference_ids: Collection[UUID], owners: Table) -> dict[UUID, list[tuple[UUID, bool]]]:
        """Return the newest recordings of conferences or calls, oldest first, each with whether it is active."""
        found = await _OF.of(self._connection, reference_ids, owners)
        return {
            reference: [(row["id"], row["status"] in _ACTIVE) for row in rows]
            for reference, rows in found.items()
        }

    def _is_mine(self) -> ColumnElement[bool]:
        """Return the condition that this node has the files; a server that is no node has all."""
        return true() if self._node_id == NIL else recordings.c.node_id == self._node_id

    def _columns(self, row: Recording) -> dict[str, Any]:
        """Return the stored fields: all but those of a running recording."""
        return {**super()._columns(row), "files": list(row.files)}

    def _model(self, row: Mapping[str, Any]) -> Recording:
        return Recording(**{**row, "status": RecordingStatus(row["status"]), "files": tuple(row["files"])})
