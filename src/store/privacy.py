"""What the server has of one person, found by its calls, and erased a few calls at a time."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, delete, exists, or_, select, update

from mixminus.model.call import Address, Call, CallStatus, GroupcallStatus
from mixminus.model.chat import ChatMessage
from mixminus.model.conference import Conferencecall, ConferencecallStatus
from mixminus.model.flow import ActiveflowStatus
from mixminus.model.ids import NIL, CustomerId, TranscriptId
from mixminus.model.party import party_key
from mixminus.model.privacy import ERASED
from mixminus.model.recording import Recording
from mixminus.model.transcription import Transcript
from mixminus.store.calls import CallRows
from mixminus.store.chat import ChatMessageRows
from mixminus.store.conferencecalls import ConferencecallRows
from mixminus.store.connection import Connection
from mixminus.store.recordings import RecordingRows
from mixminus.store.tables import (
    activeflows,
    calls,
    chat_messages,
    conferencecalls,
    groupcalls,
    outbox,
    recordings,
    transcripts,
)

__all__ = ["Kept", "PrivacyRows"]

_NAMING: Final = ("id", "conferencecall_id", "call_id", "sender_id", "recipient_id")
"""Fields of an event that may name a call, a participant, a transcript or a message."""
_KEPT_OF_EVENTS: Final = ("id", "customer_id", "owner_id")
Kept = Literal["calls", "groupcalls", "conferencecalls", "activeflows", "transcripts", "chat_messages"]
"""What is kept for a time that a setting says."""
_ABOUT_ROOMS: Final = (
    "conferencecall_%",
    "participant_%",
    "transcript_%",
    "transcribe_speech_%",
    "chatmessage_%",
)
"""Events in a room's stream that name a participant or what it has said."""


class PrivacyRows:
    """Finds and erases within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def calls_of(
        self, customer_id: CustomerId, party: str, *, after: UUID = NIL, limit: int
    ) -> list[Call]:
        """Return calls of a party, by their ids."""
        c = calls.c
        query = select(calls).where(c.customer_id == customer_id, c.party == party, c.id > after)
        return await CallRows(self._connection)._many(query.order_by(c.id).limit(limit))

    async def seats_of(self, call_ids: Collection[UUID]) -> list[Conferencecall]:
        """Return the participants that calls were, in all rooms."""
        c = conferencecalls.c
        query = select(conferencecalls).where(c.reference_id.in_(call_ids)).order_by(c.tm_create)
        return await ConferencecallRows(self._connection)._many(query)

    async def transcripts_of(self, call_ids: Collection[UUID]) -> list[Transcript]:
        """Return what calls have said, as text."""
        c = transcripts.c
        query = select(transcripts).where(c.call_id.in_(call_ids)).order_by(c.tm_create)
        rows = (await self._connection.execute(query)).mappings()
        return [Transcript(**{**row, "id": TranscriptId(row["id"])}) for row in rows]

    async def messages_of(self, seat_ids: Collection[UUID]) -> list[ChatMessage]:
        """Return chat messages that participants have sent, or that were for one of them alone."""
        c = chat_messages.c
        query = select(chat_messages).where(or_(c.sender_id.in_(seat_ids), c.recipient_id.in_(seat_ids)))
        return await ChatMessageRows(self._connection)._many(query.order_by(c.tm_create))

    async def recordings_of(self, reference_ids: Collection[UUID]) -> list[Recording]:
        """Return undeleted recordings of calls or rooms."""
        c = recordings.c
        query = select(recordings).where(c.reference_id.in_(reference_ids), c.tm_delete.is_(None))
        return await RecordingRows(self._connection)._many(query.order_by(c.tm_create))

    async def delete_transcripts(self, call_ids: Collection[UUID]) -> int:
        return await self._connection.change(delete(transcripts).where(transcripts.c.call_id.in_(call_ids)))

    async def erase_messages(self, ids: Collection[UUID], now: datetime) -> int:
        """Empty chat messages, and delete them."""
        values = {"text": "", "sender_name": "", "tm_update": now, "tm_delete": now}
        return await self._change(chat_messages, ids, values)

    async def erase_seats(self, ids: Collection[UUID]) -> int:
        """Empty the labels of participants."""
        return await self._change(conferencecalls, ids, {"label": ""})

    async def erase_activeflows(self, ids: Collection[UUID]) -> int:
        """Empty the actions of activeflows: they have numbers and texts."""
        return await self._change(activeflows, ids, {"current_action": {}, "executed_actions": []})

    async def erase_groupcalls(self, ids: Collection[UUID], party: str, now: datetime) -> int:
        """Take a party out of the sources and destinations of groupcalls."""
        rows = (await self._connection.execute(select(groupcalls).where(groupcalls.c.id.in_(ids)))).mappings()
        for row in rows.all():
            values = {
                "source": _without(row["source"], party),
                "destinations": [_without(each, party) for each in row["destinations"]],
                "tm_update": now,
            }
            await self._change(groupcalls, [row["id"]], values)
        return len(ids)

    async def erase_calls(self, found: Sequence[Call], now: datetime) -> int:
        """Delete calls, and take their party out of them; times, status and who hung up stay."""
        erased = asdict(Address("", ERASED))
        for call in found:
            party = "source" if call.direction == "incoming" else "destination"
            values = {
                party: erased,
                "party": "",
                "headers": {},
                "diversions": [],
                "action": {},
                "tm_update": now,
                "tm_delete": call.tm_delete or now,
            }
            await self._change(calls, [call.id], values)
        return len(found)

    async def erase_events(
        self, activeflow_ids: Collection[UUID], conference_ids: Collection[UUID], ids: Collection[UUID]
    ) -> int:
        """Replace what events say of calls, participants, transcripts and messages by their ids."""
        c, names = outbox.c, [str(each) for each in ids]
        of_rooms = and_(
            c.stream_id.in_(conference_ids),
            or_(*(c.type.like(each) for each in _ABOUT_ROOMS)),
            or_(*(c.data[field].as_string().in_(names) for field in _NAMING)),
        )
        query = select(c.id, c.data).where(or_(c.activeflow_id.in_(activeflow_ids), of_rooms))
        count = 0
        for id_, data in (await self._connection.execute(query)).all():
            if "erased" not in data:
                kept = {name: data[name] for name in _KEPT_OF_EVENTS if name in data}
                erased = update(outbox).where(c.id == id_).values(data=kept | {"erased": True})
                count += await self._connection.change(erased)
        return count

    async def prune(self, kind: Kept, before: datetime, limit: int) -> int:
        """Delete rows that were created before a moment, at most ``limit``; return how many.

        Calls, groupcalls, participants and activeflows that have not ended stay, and activeflows whose webhook may have
        events to receive.
        """
        table = _KEPT[kind]
        c = table.c
        conditions = [c.tm_create < before]
        if kind in _OVER:
            # Not the column itself: nearly all rows have ended, and SQLite would sort them all, found by their status.
            conditions.append(c.status.concat("") == _OVER[kind])
        if kind == "activeflows":
            conditions.append(~_has_deliveries())
        old = select(c.id).where(*conditions).order_by(c.tm_create).limit(limit)
        return await self._connection.change(delete(table).where(c.id.in_(old)))

    async def _change(self, table: Table, ids: Collection[UUID], values: dict[str, Any]) -> int:
        if not ids:
            return 0
        return await self._connection.change(update(table).where(table.c.id.in_(ids)).values(values))


_KEPT: Final[dict[Kept, Table]] = {
    "calls": calls,
    "groupcalls": groupcalls,
    "conferencecalls": conferencecalls,
    "activeflows": activeflows,
    "transcripts": transcripts,
    "chat_messages": chat_messages,
}
_OVER: Final[dict[Kept, str]] = {
    "calls": CallStatus.HANGUP,
    "groupcalls": GroupcallStatus.HANGUP,
    "conferencecalls": ConferencecallStatus.LEAVED,
    "activeflows": ActiveflowStatus.ENDED,
}


def _has_deliveries() -> ColumnElement[bool]:
    """Return the condition that an activeflow has a webhook, and events, which alone have cursors and retries."""
    c = activeflows.c
    return and_(c.webhook_uri != "", exists().where(outbox.c.activeflow_id == c.id))


def _without(address: dict[str, Any], party: str) -> dict[str, Any]:
    is_party = party_key(str(address.get("target", ""))) == party
    return asdict(Address(address.get("type", ""), ERASED)) if is_party else address
