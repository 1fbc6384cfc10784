"""Homes: which node has a stream, or what a row stands for; claims are one UPDATE each."""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    text,
    true,
    update,
)

from mixminus.model.conference import ConferenceStatus
from mixminus.model.ids import NIL
from mixminus.store.connection import Connection
from mixminus.store.fence import LEADER, Fence
from mixminus.store.leases import SERVING
from mixminus.store.statement import Statement
from mixminus.store.tables import (
    activeflows,
    calls,
    chat_messages,
    conferencecalls,
    conferences,
    event_streams,
    groupcalls,
    is_present,
    nodes,
    recordings,
    transcribes,
)

__all__ = ["GONE", "OF_ROOMS", "HomeRows", "left_behind"]

GONE: Final = "gone"
_HOME: Final = Statement(
    select(nodes.c.id)
    .join_from(event_streams, nodes, nodes.c.id == event_streams.c.node_id)
    .where(event_streams.c.id == bindparam("stream_id"), nodes.c.state != GONE)
)
_CLAIMABLE_SINCE: Final = "clock_timestamp() - interval '10 s'"
"""So long after a node's lease survivors may claim its rooms; each does within two seconds of its being gone."""
OF_ROOMS: Final[Mapping[str, Table]] = {"conferencecalls": conferencecalls, "chatmessages": chat_messages}
_OWNED: Final[Mapping[str, Table]] = {
    "calls": calls,
    "groupcalls": groupcalls,
    "activeflows": activeflows,
    "transcribes": transcribes,
    "recordings": recordings,
    "recordingfiles": recordings,
}


_ROOMS: Final = {
    kind: Statement(select(table.c.conference_id).where(table.c.id == bindparam("id")))
    for kind, table in OF_ROOMS.items()
}
_NODES: Final = {
    kind: Statement(
        select(nodes.c.id)
        .join_from(table, nodes, nodes.c.id == table.c.node_id)
        .where(table.c.id == bindparam("id"), nodes.c.state != GONE)
    )
    for kind, table in _OWNED.items()
}
_SEATS: Final = Statement(
    select(calls.c.node_id, func.count().label("seats"))
    .join_from(conferencecalls, calls, calls.c.id == conferencecalls.c.reference_id)
    .where(conferencecalls.c.conference_id == bindparam("room"), is_present())
    .group_by(calls.c.node_id)
)


def _living() -> Select[tuple[UUID]]:
    return select(nodes.c.id).where(nodes.c.state != GONE)


def left_behind(table: Table, node_id: UUID) -> ColumnElement[bool]:
    """Return the condition that no living node has a row; for a server that is no node, that is every row."""
    return true() if node_id == NIL else table.c.node_id.not_in(_living())


def _has_survivors() -> ColumnElement[bool]:
    """Return the condition that a stream's room has calls of living nodes, which may still claim it."""
    dead, seats = nodes.alias("dead"), conferencecalls.c
    may_claim = exists().where(
        dead.c.id == event_streams.c.node_id, dead.c.lease_until > literal_column(_CLAIMABLE_SINCE)
    )
    survives = (
        exists()
        .select_from(conferencecalls.join(calls, calls.c.id == seats.reference_id))
        .where(seats.conference_id == event_streams.c.id, is_present(), calls.c.node_id.in_(_living()))
        .correlate(event_streams)
    )
    return and_(may_claim.correlate(event_streams), survives)


class HomeRows:
    """Reads and claims homes within one transaction."""

    def __init__(self, connection: Connection, fence: Fence) -> None:
        self._connection = connection
        self._fence = fence

    async def of(self, stream_id: UUID) -> UUID | None:
        """Return the living node that is a stream's home; None if it has none."""
        rows = await self._connection.fetch(_HOME, stream_id=stream_id)
        return rows[0]["id"] if rows else None

    async def room_of(self, kind: str, id_: UUID) -> UUID | None:
        """Return the room of a participant or a chat message, by the collection of its path; None if there is none."""
        rows = await self._connection.fetch(_ROOMS[kind], id=id_)
        return rows[0]["conference_id"] if rows else None

    async def of_resource(self, kind: str, id_: UUID) -> UUID | None:
        """Return the living node that has a call or what belongs to one, by the collection of its path; None if none has it."""
        rows = await self._connection.fetch(_NODES[kind], id=id_) if kind in _NODES else []
        return rows[0]["id"] if rows else None

    async def seats_of(self, room: UUID) -> Mapping[UUID, int]:
        """Return how many participants of a room have their calls at which node; its cost grows with the participants."""
        rows = await self._connection.fetch(_SEATS, room=room)
        return {row["node_id"]: row["seats"] for row in rows}

    async def claim_leadership(self) -> int | None:
        """Become the leader if there is none; return the epoch, None if another living node is."""
        if await self.of(LEADER) not in (None, self._fence.node_id):
            return None  # the usual case, which each node reads each 1.5 s: one compiled statement
        streams = event_streams.c
        if not await self._connection.scalar(select(exists().where(streams.id == LEADER))):
            await self._connection.execute(
                text(
                    "INSERT INTO event_streams (id, number) VALUES (:id, 0) ON CONFLICT DO NOTHING"
                ).bindparams(bindparam("id", LEADER, type_=streams.id.type))
            )
        await self._claim(streams.id == LEADER)
        claimed = await self._unheld(streams.id == LEADER)
        return claimed[0][1] if claimed else None

    async def claim(self, room: UUID) -> int | None:
        """Become the home of a room that no living node has; return the epoch, None if another living node has it."""
        await self._claim(event_streams.c.id == room)
        query = select(event_streams.c.epoch)
        query = query.where(event_streams.c.id == room, event_streams.c.node_id == self._fence.node_id)
        epoch: int | None = await self._connection.scalar(query)
        return epoch

    async def take_orphans(self) -> list[tuple[UUID, int]]:
        """Claim the rooms that are not ended and have no living home; return what this node has to open, with its epochs.

        That may be a room that it has claimed before, if the database did not say that the claim was committed.
        Streams of ended rooms whose home died are left without a home. Rooms with calls of living nodes are left to those
        for some seconds: they claim them with their participants in them (``satellite.succession``).
        """
        streams = event_streams.c
        ended = select(conferences.c.id).where(conferences.c.status == ConferenceStatus.TERMINATED)
        await self._connection.execute(
            update(event_streams)
            .where(streams.node_id != NIL, left_behind(event_streams, self._fence.node_id))
            .where(streams.id.in_(ended))
            .values(node_id=NIL, epoch=streams.epoch + 1)
        )
        going_on = select(conferences.c.id).where(conferences.c.status != ConferenceStatus.TERMINATED)
        await self._claim(and_(streams.id.in_(going_on), ~_has_survivors()))
        return await self._unheld(streams.id.in_(going_on))

    async def given(self) -> list[tuple[UUID, int]]:
        """Return the rooms that other nodes have given to this one, with their epochs."""
        going_on = select(conferences.c.id).where(conferences.c.status != ConferenceStatus.TERMINATED)
        return await self._unheld(event_streams.c.id.in_(going_on))

    async def give(self, stream_id: UUID, node_id: UUID) -> bool:
        """Make another node the home of a stream; False if that one takes none, or this one is not the home."""
        streams = event_streams.c
        serves = exists().where(nodes.c.id == node_id, nodes.c.state == SERVING)
        given = await self._connection.execute(
            update(event_streams)
            .where(streams.id == stream_id, streams.node_id == self._fence.node_id)
            .where(streams.epoch == self._fence.epoch_of(stream_id), serves)
            .values(node_id=node_id, epoch=streams.epoch + 1)
            .returning(streams.id)
        )
        return given.first() is not None

    async def free_all(self) -> None:
        """Leave every stream without a home, and every node gone: this server is no node, and owns the database."""
        await self._connection.execute(update(nodes).values(state=GONE))
        streams = event_streams.c
        await self._connection.execute(
            update(event_streams).where(streams.node_id != NIL).values(node_id=NIL, epoch=streams.epoch + 1)
        )

    async def orphaned_recordings(self) -> list[UUID]:
        """Return the recordings that no living node has."""
        query = select(recordings.c.id).where(left_behind(recordings, self._fence.node_id))
        return list(await self._connection.scalars(query))

    async def adopt_recordings(self, ids: Collection[UUID]) -> None:
        """Note that this node has the files of recordings, except of those that another has taken meanwhile."""
        query = update(recordings).where(
            recordings.c.id.in_(ids), left_behind(recordings, self._fence.node_id)
        )
        await self._connection.execute(query.values(node_id=self._fence.node_id))

    async def is_living(self, node_id: UUID) -> bool:
        """Return whether a node is not gone."""
        found = await self._connection.scalar(
            select(exists().where(nodes.c.id == node_id, nodes.c.state != GONE))
        )
        return bool(found)

    async def _claim(self, which: ColumnElement[bool]) -> None:
        """Claim streams that no living node has, unless this node is gone itself."""
        streams = event_streams.c
        lives = exists().where(nodes.c.id == self._fence.node_id, nodes.c.state != GONE)
        await self._connection.execute(
            update(event_streams)
            .where(which, left_behind(event_streams, self._fence.node_id), lives)
            .values(node_id=self._fence.node_id, epoch=streams.epoch + 1)
        )

    async def _unheld(self, which: ColumnElement[bool]) -> list[tuple[UUID, int]]:
        """Return the streams whose home this node is without knowing it, with their epochs."""
        streams = event_streams.c
        query = select(streams.id, streams.epoch).where(which, streams.node_id == self._fence.node_id)
        rows = await self._connection.execute(query)
        return [
            (row.id, row.epoch)
            for row in rows
            if not (self._fence.holds(row.id) or self._fence.is_claiming(row.id))
        ]
