"""LobbyService: admits the participants that wait in a room's lobby, one by one or all, or refuses them."""

from mixminus.conference.errors import NotWaiting
from mixminus.conference.participants import ParticipantService
from mixminus.conference.room import Room, Rooms, Seat
from mixminus.conference.service import ConferenceService
from mixminus.model.conference import Conferencecall, SeatState
from mixminus.model.ids import ConferencecallId, ConferenceId, CustomerId

__all__ = ["LobbyService"]


class LobbyService:
    """Decides on the participants of rooms with ``RoomSettings.lobby``."""

    def __init__(
        self, *, conferences: ConferenceService, participants: ParticipantService, rooms: Rooms
    ) -> None:
        self._conferences = conferences
        self._participants = participants
        self._rooms = rooms

    async def admit(self, customer_id: CustomerId, conferencecall_id: ConferencecallId) -> Conferencecall:
        """Let a waiting participant join; where the room waits for a moderator, as soon as one is there.

        Raises NotWaiting, also when it was admitted before.
        """
        participant = await self._participants.get_call(customer_id, conferencecall_id)
        async with self._rooms.lock(participant.conference_id):
            room, seat = self._waiting(conferencecall_id)
            _admit(room, seat)
            return seat.row or participant

    async def admit_all(
        self, customer_id: CustomerId, conference_id: ConferenceId
    ) -> tuple[Conferencecall, ...]:
        """Let all participants join that wait now; return them."""
        async with self._rooms.lock(conference_id):
            room = await self._conferences.room(customer_id, conference_id)
            waiting = [each for each in room.seats.values() if _waits(each)]
            for seat in waiting:
                _admit(room, seat)
            return tuple(seat.row for seat in waiting if seat.row)

    async def refuse(self, customer_id: CustomerId, conferencecall_id: ConferencecallId) -> Conferencecall:
        """Remove a waiting participant; its call goes on behind the room. Raises NotWaiting."""
        participant = await self._participants.get_call(customer_id, conferencecall_id)
        async with self._rooms.lock(participant.conference_id):
            _, seat = self._waiting(conferencecall_id)
            seat.refused = True
        return await self._participants.kick(customer_id, conferencecall_id)

    def _waiting(self, conferencecall_id: ConferencecallId) -> tuple[Room, Seat]:
        seat = self._rooms.find_seat(conferencecall_id)
        room = self._rooms.find(seat.conference.id) if seat else None
        if room is None or seat is None or not _waits(seat):
            raise NotWaiting("the participant does not wait to be admitted: it has joined, or has left")
        return room, seat


def _waits(seat: Seat) -> bool:
    return seat.state is SeatState.LOBBY and not seat.admitted and not seat.refused


def _admit(room: Room, seat: Seat) -> None:
    seat.admitted = True
    room.update_sounds(seat)
