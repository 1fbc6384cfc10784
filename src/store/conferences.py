"""Conference rows, with the ids of the participants, recordings and transcribes that belong to them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any, cast
from uuid import UUID

from sqlalchemy import RowMapping, Select, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from mixminus.errors import AlreadyExists
from mixminus.model.conference import Conference, ConferencecallStatus, ConferenceStatus, RoomSettings
from mixminus.model.ids import NIL, ConferenceId, CustomerId
from mixminus.model.recording import RecordingStatus
from mixminus.model.transcription import TranscribeStatus
from mixminus.store.compared import save_if
from mixminus.store.page import Page
from mixminus.store.tables import conferencecalls, conferences, is_present, recordings, transcribes

__all__ = ["ConferenceRows"]

_ACTIVE_RECORDING = frozenset({RecordingStatus.INITIATING, RecordingStatus.RECORDING})


class ConferenceRows:
    """Reads and writes conferences within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, conference: Conference) -> None:
        """Insert a row; an id that is taken raises AlreadyExists."""
        try:
            await self._connection.execute(insert(conferences).values(_columns(conference)))
        except IntegrityError as exc:
            raise AlreadyExists(f"conference {conference.id} exists") from exc

    async def save(self, conference: Conference) -> None:
        """Update the row of a conference."""
        query = update(conferences).where(conferences.c.id == conference.id)
        await self._connection.execute(query.values(_columns(conference)))

    async def touch(self, before: Conference, after: Conference) -> bool:
        """Write ``tm_update`` if the row still has that of ``before``; return whether it had."""
        return await save_if(self._connection, conferences, before, after, _version)

    async def find(self, conference_id: ConferenceId) -> Conference | None:
        return await self._one(select(conferences).where(conferences.c.id == conference_id))

    async def find_for_update(self, conference_id: ConferenceId) -> Conference | None:
        """Return the row, locked until the transaction ends; None if there is none."""
        return await self._one(select(conferences).where(conferences.c.id == conference_id).with_for_update())

    async def find_by_direct_hash(self, direct_hash: str) -> Conference | None:
        return await self._one(select(conferences).where(conferences.c.direct_hash == direct_hash))

    async def page(self, customer_id: CustomerId, page: Page) -> list[Conference]:
        """Return the customer's undeleted conferences, newest first."""
        c = conferences.c
        query = select(conferences).where(c.customer_id == customer_id, c.tm_delete.is_(None))
        return await self._many(
            query.where(c.tm_create < page.before).order_by(c.tm_create.desc()).limit(page.size)
        )

    async def unfinished(self) -> list[Conference]:
        """Return all customers' conferences that are not terminated, oldest first."""
        c = conferences.c
        query = select(conferences).where(c.status.in_(set(ConferenceStatus) - {ConferenceStatus.TERMINATED}))
        return await self._many(query.order_by(c.tm_create))

    async def _one(self, query: Select[Any]) -> Conference | None:
        return next(iter(await self._many(query)), None)

    async def _many(self, query: Select[Any]) -> list[Conference]:
        rows = (await self._connection.execute(query)).mappings().all()
        ids = [row["id"] for row in rows]
        participants = await self._participants(ids)
        recorded, recording = await self._recordings(ids)
        transcribed, transcribing = await self._transcribes(ids)
        return [
            replace(
                _model(row),
                conferencecall_ids=participants[row["id"]],
                recording_ids=recorded[row["id"]],
                recording_id=recording.get(row["id"], NIL),
                transcribe_ids=transcribed[row["id"]],
                transcribe_id=transcribing.get(row["id"], NIL),
            )
            for row in rows
        ]

    async def _participants(self, ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, ...]]:
        c = conferencecalls.c
        query = select(c.conference_id, c.id).where(
            c.conference_id.in_(ids),
            is_present(),
            c.status != ConferencecallStatus.JOINING,
            c.tm_join.is_not(None),
        )
        rows = (await self._connection.execute(query.order_by(c.tm_join))).all()
        return _grouped(rows)

    async def _recordings(self, ids: Sequence[UUID]) -> tuple[dict[UUID, tuple[UUID, ...]], dict[UUID, UUID]]:
        c = recordings.c
        query = select(c.reference_id, c.id, c.status).where(c.reference_id.in_(ids)).order_by(c.tm_create)
        rows = (await self._connection.execute(query)).all()
        active = {
            reference: recording for reference, recording, status in rows if status in _ACTIVE_RECORDING
        }
        return _grouped((reference, recording) for reference, recording, _ in rows), active

    async def _transcribes(
        self, ids: Sequence[UUID]
    ) -> tuple[dict[UUID, tuple[UUID, ...]], dict[UUID, UUID]]:
        c = transcribes.c
        query = select(c.reference_id, c.id, c.status, c.tm_stop).where(
            c.reference_id.in_(ids), c.reference_type == "confbridge"
        )
        rows = (await self._connection.execute(query.order_by(c.tm_create))).all()
        active = {
            reference: transcribe
            for reference, transcribe, status, tm_stop in rows
            if status == TranscribeStatus.PROGRESSING and tm_stop is None
        }
        return _grouped((reference, transcribe) for reference, transcribe, *_ in rows), active


def _grouped(pairs: Iterable[tuple[UUID, UUID]]) -> dict[UUID, tuple[UUID, ...]]:
    groups: dict[UUID, tuple[UUID, ...]] = defaultdict(tuple)
    lists: dict[UUID, list[UUID]] = defaultdict(list)
    for key, value in pairs:
        lists[key].append(value)
    groups.update((key, tuple(values)) for key, values in lists.items())
    return groups


def _version(conference: Conference) -> dict[str, Any]:
    return {"tm_update": conference.tm_update}


def _columns(conference: Conference) -> dict[str, Any]:
    return {
        column.name: getattr(conference, column.name)
        for column in conferences.c
        if column.name not in ("pre_actions", "post_actions", "settings")
    } | {
        "pre_actions": list(conference.pre_actions),
        "post_actions": list(conference.post_actions),
        "settings": asdict(conference.settings),
    }


def _model(row: RowMapping) -> Conference:
    values = dict(row)
    return Conference(
        **cast(dict[str, Any], values)
        | {
            "status": ConferenceStatus(row["status"]),
            "pre_actions": tuple(row["pre_actions"]),
            "post_actions": tuple(row["post_actions"]),
            "settings": RoomSettings(**row["settings"]),
            "conferencecall_ids": (),
            "recording_id": NIL,
            "recording_ids": (),
            "transcribe_id": NIL,
            "transcribe_ids": (),
        }
    )
