"""Recording rows."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Interval, exists, func, literal, select, true, update

from mixminus.model.ids import NIL
from mixminus.model.recording import Recording, RecordingStatus
from mixminus.store.homes import GONE, left_behind
from mixminus.store.related import Related
from mixminus.store.rows import Rows
from mixminus.store.tables import nodes, recordings

__all__ = ["RecordingRows"]

_ACTIVE = frozenset({RecordingStatus.INITIATING, RecordingStatus.RECORDING})

_OF = Related(
    select(recordings.c.reference_id, recordings.c.id, recordings.c.status).order_by(recordings.c.tm_create),
    recordings.c.reference_id,
)


class RecordingRows(Rows[Recording]):
    """Reads and writes recordings within one transaction."""

    table = recordings

    async def unfinished(self, reference_id: UUID | None = None) -> list[Recording]:
        """Return the recordings that have not ended, oldest first: of one conference, or all that this node has."""
        c = recordings.c
        query = select(recordings).where(c.status.in_(set(RecordingStatus) - {RecordingStatus.ENDED}))
        mine = self._is_mine() if reference_id is None else c.reference_id == reference_id
        return await self._many(query.where(mine).order_by(c.tm_create))

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

    async def ended_before(self, moment: datetime, *, left: bool = False) -> list[Recording]:
        """Return the recordings of this node that have ended before and are not deleted, oldest first.

        ``left``: also those that no living node has.
        """
        c = recordings.c
        has = self._is_mine() | left_behind(recordings, self._node_id) if left else self._is_mine()
        query = select(recordings).where(
            c.status == RecordingStatus.ENDED, c.tm_end < moment, c.tm_delete.is_(None), has
        )
        return await self._many(query.order_by(c.tm_create))

    async def of(self, reference_ids: Collection[UUID]) -> dict[UUID, list[tuple[UUID, bool]]]:
        """Return which recordings rooms or calls have, oldest first, each with whether it goes on."""
        found = await _OF.of(self._connection, reference_ids)
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
