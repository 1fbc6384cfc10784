"""Handover: a node that drains gives its rooms away, each when it is empty.

this node: lock the room -> UPDATE of its home -> close the bridge
the other: reads which rooms it was given -> opens them
"""

from uuid import UUID

from mixminus.conference.lifecycle import Lifecycle
from mixminus.conference.room import Rooms
from mixminus.model.conference import ConferenceStatus
from mixminus.model.ids import NIL, ConferenceId
from mixminus.store.database import Store

__all__ = ["Handover"]


class Handover:
    """Gives rooms to other nodes."""

    def __init__(self, store: Store, *, rooms: Rooms, lifecycle: Lifecycle) -> None:
        self._store = store
        self._rooms = rooms
        self._lifecycle = lifecycle
        self.counters = {"cluster.rooms_given": 0}

    def unused(self) -> list[ConferenceId]:
        """Return the rooms without participants and streams."""
        return [id_ for id_ in self._rooms.ids() if self._is_unused(id_)]

    async def give(self, conference_id: ConferenceId, node_id: UUID) -> bool:
        """Make another node the home of a room; False if the room is used, ends, or that node takes none."""
        async with self._rooms.lock(conference_id):
            if not self._is_unused(conference_id):
                return False
            async with self._store.transaction() as tx:
                conference = await tx.conferences.find(conference_id)
                is_idle = conference is not None and (
                    conference.status is ConferenceStatus.PROGRESSING
                    and NIL == conference.recording_id == conference.transcribe_id
                )
                if not is_idle or not await tx.homes.give(conference_id, node_id):
                    return False
            self._store.fence.let_go(conference_id)
            self._lifecycle.forget(conference_id)
        self.counters["cluster.rooms_given"] += 1
        return True

    def _is_unused(self, conference_id: ConferenceId) -> bool:
        """Return whether a room is here, without participants and streams."""
        room = self._rooms.find(conference_id)
        return room is not None and not room.seats and not room.bridge.ports
