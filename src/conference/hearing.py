"""HearsService: who hears whom in a room; lives as long as those it is about."""

from mixminus.conference.errors import ConferencecallNotFound
from mixminus.conference.hears import Cells, Hears, check_hears
from mixminus.conference.room import Rooms
from mixminus.conference.service import ConferenceService
from mixminus.model.ids import ConferenceId, CustomerId

__all__ = ["HearsService"]


class HearsService:
    """Shows and replaces the exceptions of a room; one replacement applies at one tick."""

    def __init__(self, *, conferences: ConferenceService, rooms: Rooms) -> None:
        self._conferences = conferences
        self._rooms = rooms

    async def get(self, customer_id: CustomerId, conference_id: ConferenceId) -> tuple[Hears, Cells]:
        """Return the rules, and the exceptions they come to among those who are here."""
        await self._conferences.get(customer_id, conference_id)
        room = self._rooms.find(conference_id)
        return (room.hears, room.cells) if room else (Hears(), {})

    async def replace(
        self, customer_id: CustomerId, conference_id: ConferenceId, hears: Hears
    ) -> tuple[Hears, Cells]:
        """Let these rules hold instead of those before; everybody they name must be here."""
        check_hears(hears)
        async with self._rooms.turn(conference_id):
            room = self._rooms.require(await self._conferences.get(customer_id, conference_id))
            if absent := hears.named - room.seats.keys():
                raise ConferencecallNotFound(f"not in the conference: {min(map(str, absent))}")
            room.arrange(hears)
            return room.hears, room.cells
