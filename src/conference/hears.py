"""HearsService: get and replace the rules of who hears whom in a room (``model.hears``)."""

from mixminus.conference.errors import ConferencecallNotFound
from mixminus.conference.room import Rooms
from mixminus.conference.service import ConferenceService
from mixminus.model.hears import Cells, Hears, check_hears
from mixminus.model.ids import ConferenceId, CustomerId

__all__ = ["HearsService"]


class HearsService:
    """Reads and replaces a room's rules. They are kept in memory and end with the room."""

    def __init__(self, *, conferences: ConferenceService, rooms: Rooms) -> None:
        self._conferences = conferences
        self._rooms = rooms

    async def get(self, customer_id: CustomerId, conference_id: ConferenceId) -> tuple[Hears, Cells]:
        """Return the rules, and the cells that they give for the participants present."""
        await self._conferences.check(customer_id, conference_id)
        room = self._rooms.find(conference_id)
        return (room.hearing.rules, room.hearing.cells) if room else (Hears(), {})

    async def replace(
        self, customer_id: CustomerId, conference_id: ConferenceId, hears: Hears
    ) -> tuple[Hears, Cells]:
        """Replace all rules at one tick; raise ConferencecallNotFound if they name an absent participant."""
        check_hears(hears)
        async with self._rooms.lock(conference_id):
            room = await self._conferences.room(customer_id, conference_id)
            if absent := hears.named - room.seats.keys():
                raise ConferencecallNotFound(f"not in the conference: {min(map(str, absent))}")
            room.hearing.set(hears)
            return room.hearing.rules, room.hearing.cells
