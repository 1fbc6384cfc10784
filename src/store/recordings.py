"""Recording rows."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, insert, select, update

from mixminus.model.ids import CustomerId, RecordingId
from mixminus.model.recording import Recording, RecordingStatus
from mixminus.store.connection import Connection
from mixminus.store.page import Page
from mixminus.store.tables import recordings

__all__ = ["RecordingRows"]

_ACTIVE = frozenset({RecordingStatus.INITIATING, RecordingStatus.RECORDING})


class RecordingRows:
    """Reads and writes recordings within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, recording: Recording) -> None:
        await self._connection.execute(insert(recordings).values(_columns(recording)))

    async def save(self, recording: Recording) -> None:
        """Update the row of a recording."""
        query = update(recordings).where(recordings.c.id == recording.id)
        await self._connection.execute(query.values(_columns(recording)))

    async def find(self, recording_id: RecordingId) -> Recording | None:
        return await self._one(select(recordings).where(recordings.c.id == recording_id))

    async def find_for_update(self, recording_id: RecordingId) -> Recording | None:
        """Return the row, locked until the transaction ends; None if there is none."""
        return await self._one(select(recordings).where(recordings.c.id == recording_id).with_for_update())

    async def unfinished(self, reference_id: UUID | None = None) -> list[Recording]:
        """Return the recordings that have not ended, of one conference or of all, oldest first."""
        c = recordings.c
        query = select(recordings).where(c.status.in_(set(RecordingStatus) - {RecordingStatus.ENDED}))
        if reference_id is not None:
            query = query.where(c.reference_id == reference_id)
        return await self._many(query.order_by(c.tm_create))

    async def ended_before(self, moment: datetime) -> list[Recording]:
        """Return all customers' recordings that have ended before and are not deleted, oldest first."""
        c = recordings.c
        query = select(recordings).where(
            c.status == RecordingStatus.ENDED, c.tm_end < moment, c.tm_delete.is_(None)
        )
        return await self._many(query.order_by(c.tm_create))

    async def of(self, reference_ids: Collection[UUID]) -> dict[UUID, list[tuple[UUID, bool]]]:
        """Return which recordings rooms or calls have, oldest first, each with whether it goes on."""
        c = recordings.c
        query = select(c.reference_id, c.id, c.status).where(c.reference_id.in_(reference_ids))
        found: dict[UUID, list[tuple[UUID, bool]]] = defaultdict(list)
        for reference_id, id_, status in await self._connection.execute(query.order_by(c.tm_create)):
            found[reference_id].append((id_, status in _ACTIVE))
        return found

    async def page(self, customer_id: CustomerId, page: Page) -> list[Recording]:
        """Return the customer's undeleted recordings, newest first."""
        c = recordings.c
        query = select(recordings).where(
            c.customer_id == customer_id, c.tm_create < page.before, c.tm_delete.is_(None)
        )
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    async def _one(self, query: Select[Any]) -> Recording | None:
        return next(iter(await self._many(query)), None)

    async def _many(self, query: Select[Any]) -> list[Recording]:
        return [_model(row) for row in (await self._connection.execute(query)).mappings()]


def _columns(recording: Recording) -> dict[str, Any]:
    """Return the stored fields: all but those of a running recording."""
    values = asdict(recording) | {"files": list(recording.files)}
    return {column.name: values[column.name] for column in recordings.c}


def _model(row: RowMapping) -> Recording:
    values: dict[str, Any] = {
        **row,
        "status": RecordingStatus(row["status"]),
        "files": tuple(row["files"]),
    }
    return Recording(**values)
