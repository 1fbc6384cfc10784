"""Conference rows, with the ids of the participants, and of the newest recordings and transcribes, that belong to them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from mixminus.model.conference import Conference, ConferencecallStatus, ConferenceStatus, RoomSettings
from mixminus.model.ids import NIL
from mixminus.model.transcription import TranscribeStatus
from mixminus.store.recordings import RecordingRows
from mixminus.store.related import Newest, Related
from mixminus.store.rows import Rows
from mixminus.store.tables import conferencecalls, conferences, is_present, transcribes

__all__ = ["ConferenceRows"]

_PARTICIPANTS: Final = Related(
    select(conferencecalls.c.conference_id, conferencecalls.c.id)
    .where(
        is_present(),
        conferencecalls.c.status != ConferencecallStatus.JOINING,
        conferencecalls.c.tm_join.is_not(None),
    )
    .order_by(conferencecalls.c.tm_join),
    conferencecalls.c.conference_id,
)
"""Participants that have joined and not left, in the order in which they joined."""
_TRANSCRIBES: Final = Newest(
    select(transcribes.c.reference_id, transcribes.c.id, transcribes.c.status, transcribes.c.tm_stop).where(
        transcribes.c.reference_type == "confbridge"
    ),
    transcribes.c.reference_id,
)


class ConferenceRows(Rows[Conference]):
    """Reads and writes conferences within one transaction."""

    table = conferences
    taken = "this conference exists"

    async def touch(self, before: Conference, after: Conference) -> bool:
        """Write ``tm_update`` if the row still has that of ``before``; return whether it had."""
        return await self._write_if(before, {"tm_update": after.tm_update})

    async def find_by_direct_hash(self, direct_hash: str) -> Conference | None:
        return await self._one(select(conferences).where(conferences.c.direct_hash == direct_hash))

    async def breakouts(self, conference_id: UUID) -> list[Conference]:
        """Return the breakout rooms of a conference that are not terminating, oldest first."""
        c = conferences.c
        query = select(conferences).where(c.breakout_of == conference_id, c.tm_delete.is_(None))
        return await self._many(query.order_by(c.tm_create))

    async def find_all(self, ids: Collection[UUID]) -> list[Conference]:
        """Return the conferences of these ids, oldest first."""
        query = select(conferences).where(conferences.c.id.in_(ids))
        return await self._many(query.order_by(conferences.c.tm_create))

    async def unfinished(self) -> list[Conference]:
        """Return all customers' conferences that are not terminated, oldest first."""
        c = conferences.c
        query = select(conferences).where(c.status.in_(set(ConferenceStatus) - {ConferenceStatus.TERMINATED}))
        return await self._many(query.order_by(c.tm_create))

    async def _complete(self, found: Sequence[Conference]) -> list[Conference]:
        ids = [conference.id for conference in found]
        participants = await _PARTICIPANTS.of(self._connection, ids)
        recordings = await RecordingRows(self._connection).of(ids, conferences)
        transcribes = await _TRANSCRIBES.of(self._connection, ids, conferences)
        return [
            replace(
                conference,
                conferencecall_ids=tuple(row["id"] for row in participants.get(conference.id, ())),
                **_recorded(recordings.get(conference.id, ())),
                **_transcribed(transcribes.get(conference.id, ())),
            )
            for conference in found
        ]

    def _columns(self, row: Conference) -> dict[str, Any]:
        return {
            **super()._columns(row),
            "pre_actions": list(row.pre_actions),
            "post_actions": list(row.post_actions),
            "settings": asdict(row.settings),
        }

    def _model(self, row: Mapping[str, Any]) -> Conference:
        values: dict[str, Any] = {
            **row,
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
        return Conference(**values)


def _recorded(recordings: Sequence[tuple[UUID, bool]]) -> dict[str, Any]:
    active = [recording_id for recording_id, goes_on in recordings if goes_on]
    return {
        "recording_ids": tuple(recording_id for recording_id, _ in recordings),
        "recording_id": active[-1] if active else NIL,
    }


def _transcribed(rows: Sequence[Mapping[Any, Any]]) -> dict[str, Any]:
    active = [
        row["id"] for row in rows if row["status"] == TranscribeStatus.PROGRESSING and row["tm_stop"] is None
    ]
    return {
        "transcribe_ids": tuple(row["id"] for row in rows),
        "transcribe_id": active[-1] if active else NIL,
    }
