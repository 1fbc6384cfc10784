"""Reservations: a seat in a room for a call that is still in another one, and is to be moved."""

from dataclasses import replace

from mixminus.clock import Clock
from mixminus.conference.admission import check_place
from mixminus.conference.ledger import CONFERENCECALLS
from mixminus.conference.lifecycle import Lifecycle
from mixminus.conference.participants import ParticipantService, joining
from mixminus.conference.room import Rooms, Seat
from mixminus.model.conference import Conferencecall, ParticipantChange
from mixminus.model.ids import ConferencecallId, ConferenceId, new_id
from mixminus.store.database import Store

__all__ = ["Reservations"]


class Reservations:
    """Creates participants that are joining, before their calls have left their rooms."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        rooms: Rooms,
        lifecycle: Lifecycle,
        participants: ParticipantService,
    ) -> None:
        self._participants = participants
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._lifecycle = lifecycle

    async def prepare(self, seat: Seat, row: Conferencecall) -> Conferencecall:
        """Give a seat that another node has taken for its call what the participant's ``row`` has in the room that it leaves."""
        seat.admitted = True
        change = ParticipantChange(
            deaf=row.deaf,
            gain_db=row.gain_db,
            levelling=row.levelling,
            noise_suppression=row.noise_suppression,
            label=row.label,
        )
        return await self._participants.change(row.customer_id, seat.id, change)

    async def reserve(self, conference_id: ConferenceId, before: Seat, row: Conferencecall) -> Seat:
        """Return a seat for the call of the seat ``before``, with the role, mute, gain and label of its ``row``.

        Its flow takes the seat with ``ParticipantService.connect``; else it is released with ``leave``.
        Raises ConferenceNotProgressing, ConferenceLocked and ConferenceFull.
        """
        async with self._rooms.lock(conference_id):
            room = self._rooms.require(await self._lifecycle.begun(conference_id))
            check_place(room.settings, len(room.seats))
            seat = Seat(
                ConferencecallId(new_id()),
                before.call_id,
                room.conference,
                before.port,
                room.company,
                row.role,
                before.activeflow_id,
            )
            seat.admitted = True
            self._rooms.seat(room, seat)
            try:
                seat.row = replace(
                    joining(self._clock, seat, muted=row.muted),
                    deaf=row.deaf,
                    gain_db=row.gain_db,
                    levelling=row.levelling,
                    noise_suppression=row.noise_suppression,
                    label=row.label,
                )
                async with self._store.transaction() as tx:
                    await CONFERENCECALLS.add(tx, seat.row, "conferencecall_joining")
            except BaseException:
                self._rooms.unseat(room, seat)
                raise
            return seat
