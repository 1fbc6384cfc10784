"""BreakoutService: divides a room's participants among breakout rooms, and brings them back."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from mixminus.call.move import MoveService
from mixminus.conference.errors import ConferencecallNotFound
from mixminus.conference.room import Rooms, Seat
from mixminus.conference.service import ConferenceService
from mixminus.errors import InvalidArgument, MixMinusError
from mixminus.model.conference import IN_ROOM, Conference, Conferencecall, ConferenceSpec, RoomSettings
from mixminus.model.ids import NIL, ConferencecallId, ConferenceId, CustomerId

__all__ = ["BreakoutService", "Group", "Moved", "Refusal"]

_LEAVING_S: Final = 10.0
"""How long the participants of a breakout room may take to leave it before it is left open."""


@dataclass(frozen=True, slots=True)
class Group:
    """Participants that go to one room."""

    conferencecall_ids: tuple[ConferencecallId, ...]
    conference_id: UUID = NIL
    """An existing room; nil for a new one."""
    name: str = ""
    """Of a new room; empty for the name of the main room with a number."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A participant that stays where it is."""

    conferencecall_id: ConferencecallId
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one group: its room, the participants that are joining there, and those that are not."""

    conference: Conference
    conferencecalls: tuple[Conferencecall, ...]
    refused: tuple[Refusal, ...]


class BreakoutService:
    """Creates, fills and empties breakout rooms. They know their main room by ``Conference.breakout_of``."""

    def __init__(self, *, conferences: ConferenceService, rooms: Rooms, moves: MoveService) -> None:
        self._conferences = conferences
        self._rooms = rooms
        self.moves = moves

    async def divide(
        self, customer_id: CustomerId, conference_id: ConferenceId, groups: Sequence[Group]
    ) -> list[Moved]:
        """Move each group to its room; nothing is done if a participant or a room is unknown, or named twice.

        Raises ConferenceNotProgressing, ConferencecallNotFound, ConferenceNotFound, InvalidArgument. A refusal of one
        participant does not hinder the others.
        """
        main = await self._conferences.get(customer_id, conference_id)
        room = self._rooms.require(main)
        named = [id_ for group in groups for id_ in group.conferencecall_ids]
        if len(set(named)) < len(named):
            raise InvalidArgument("a participant is in two groups, or twice in one")
        if absent := set(named) - room.seats.keys():
            raise ConferencecallNotFound(f"not in the conference: {min(map(str, absent))}")
        existing = [await self._existing(customer_id, group) for group in groups]
        moved = []
        for number, (group, found) in enumerate(zip(groups, existing, strict=True), 1):
            target = found or await self._create(main, group.name or f"{main.name} {number}".strip())
            moved.append(await self._move_all(target, group.conferencecall_ids))
        return moved

    async def end(self, customer_id: CustomerId, conference_id: ConferenceId) -> list[Moved]:
        """Move all participants of the breakout rooms back to the main room, and delete the rooms that are empty then.

        A breakout room whose participants the main room refuses stays open. Raises ConferenceNotProgressing.
        """
        main = await self._conferences.get(customer_id, conference_id)
        self._rooms.require(main)
        moved = []
        for breakout in await self._conferences.breakouts(main.id):
            room = self._rooms.find(breakout.id)
            seats = list(room.seats.values()) if room else []
            present = [each for each in seats if each.state in IN_ROOM]
            returned = await self._move_all(main, [each.id for each in present])
            moved.append(replace(returned, conference=breakout))
            if not returned.refused and await _left(seats):
                await self._conferences.delete(customer_id, breakout.id)
        return moved

    async def _existing(self, customer_id: CustomerId, group: Group) -> Conference | None:
        """Return the existing room of a group; None if it gets a new one."""
        if group.conference_id == NIL:
            return None
        conference = await self._conferences.get(customer_id, ConferenceId(group.conference_id))
        self._rooms.require(conference)
        return conference

    async def _create(self, main: Conference, name: str) -> Conference:
        """Create a breakout room with the main room's settings but for its PINs, lock, lobby and limits."""
        settings: RoomSettings = replace(
            main.settings,
            pin="",
            moderator_pin="",
            locked=False,
            lobby=False,
            max_participants=0,
            wait_for_moderator=False,
            end_when_moderator_leaves=False,
        )
        spec = ConferenceSpec(type="conference", name=name, settings=settings, breakout_of=main.id)
        return await self._conferences.create_begun(main.customer_id, spec)

    async def _move_all(self, target: Conference, ids: Sequence[ConferencecallId]) -> Moved:
        moved, refused = [], []
        for id_ in ids:
            try:
                moved.append(await self.moves.move(target.customer_id, id_, target.id))
            except MixMinusError as error:
                refused.append(Refusal(id_, error.reason, str(error)))
        return Moved(target, tuple(moved), tuple(refused))


async def _left(seats: Sequence[Seat]) -> bool:
    """Wait until the participants have left; False if some have not in time."""
    if not seats:
        return True
    _, pending = await asyncio.wait([each.left for each in seats], timeout=_LEAVING_S)
    return not pending
