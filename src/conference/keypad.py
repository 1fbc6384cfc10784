"""Keypad: what participants do in their room by the keys of its menu."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from mixminus.clock import Clock
from mixminus.conference.ledger import CONFERENCES
from mixminus.conference.participants import ParticipantService
from mixminus.conference.room import Room, Rooms, Seat
from mixminus.conference.telling import Telling
from mixminus.errors import MixMinusError
from mixminus.log import get, task_failed
from mixminus.model.conference import ParticipantChange, Role
from mixminus.model.menu import MenuAction, Presses
from mixminus.store.database import Store
from mixminus.tasks import TaskScope

__all__ = ["Keypad", "Taker"]

_STEP_DB: Final = 3.0
_MOST_DB: Final = 12.0
_MAX_WAITING: Final = 256
"""Of all rooms: a change takes a database commit, and fingers are slower."""

log = get("keypad")


class Taker:
    """Takes the keys of one participant; ``let_go`` returns what is left when it leaves."""

    def __init__(self, perform: Callable[[MenuAction], None], keypad: "Keypad", seat: Seat) -> None:
        self._presses = Presses()
        self._perform = perform
        self._keypad = keypad
        self._seat = seat

    def __call__(self, key: str) -> str:
        """Return the keys that are not of the menu."""
        action, released = self._presses.press(key, self._keypad.menu_of(self._seat), self._keypad.now_s())
        if action is not None:
            self._perform(action)
        return released

    def let_go(self) -> str:
        return self._presses.let_go()


class Keypad:
    """Does what keys ask for, one after the other for each participant; what comes too thick is counted."""

    def __init__(
        self, store: Store, clock: Clock, *, rooms: Rooms, participants: ParticipantService, telling: Telling
    ) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._participants = participants
        self._telling = telling
        self._scope = TaskScope(task_failed("keypad"))
        self.counters: Counter[str] = Counter({"keypad.dropped": 0, "keypad.refused": 0})

    def now_s(self) -> float:
        return self._clock.monotonic_s()

    def menu_of(self, seat: Seat) -> dict[str, MenuAction]:
        """Return the menu of the participant's room as it is at this moment."""
        room = self._rooms.find(seat.conference.id)
        return room.settings.dtmf_menu if room else {}

    @contextmanager
    def listening(self, seat: Seat) -> Iterator[Taker]:
        """Give what takes the keys of a participant while it sits."""
        turn = asyncio.Lock()

        def perform(action: MenuAction) -> None:
            if len(self._scope) >= _MAX_WAITING:
                self.counters["keypad.dropped"] += 1
            else:
                self._scope.spawn(f"keypad {action}", self._perform(seat, action, turn))

        yield Taker(perform, self, seat)

    async def close(self) -> None:
        """Do nothing more; closing twice is harmless."""
        await self._scope.close()

    async def _perform(self, seat: Seat, action: MenuAction, turn: asyncio.Lock) -> None:
        async with turn:
            room = self._rooms.find(seat.conference.id)
            if room is None or seat.dismissed.done():
                return
            try:
                await self._do(room, seat, action)
            except MixMinusError as error:  # it has left meanwhile, or the database does not answer
                self.counters["keypad.refused"] += 1
                log.info("keys refused", conferencecall_id=str(seat.id), reason=error.reason)

    async def _do(self, room: Room, seat: Seat, action: MenuAction) -> None:
        customer_id = seat.conference.customer_id
        match action:
            case "mute":
                now = await self._participants.get_call(customer_id, seat.id)
                await self._change(seat, ParticipantChange(muted=not now.muted))
                self._telling.confirm(room, seat, "unmuted" if now.muted else "muted")
            case "louder" | "softer":
                now = await self._participants.get_call(customer_id, seat.id)
                gain_db = now.gain_db + (_STEP_DB if action == "louder" else -_STEP_DB)
                await self._change(seat, ParticipantChange(gain_db=max(-_MOST_DB, min(_MOST_DB, gain_db))))
            case "lock" if seat.role is Role.MODERATOR:
                self._telling.confirm(room, seat, "locked" if await self._lock(seat) else "unlocked")
            case "lock":
                self.counters["keypad.refused"] += 1
            case "count":
                self._telling.count_for(room, seat)
            case "leave":
                await self._participants.kick(customer_id, seat.id)

    async def _change(self, seat: Seat, change: ParticipantChange) -> None:
        await self._participants.change(seat.conference.customer_id, seat.id, change)

    async def _lock(self, seat: Seat) -> bool:
        """Lock the room, or unlock it; return which."""
        async with self._rooms.turn(seat.conference.id):
            async with self._store.transaction() as tx:
                conference = await CONFERENCES.find_for_update(tx, seat.conference.id)
                settings = replace(conference.settings, locked=not conference.settings.locked)
                conference = conference.changed(self._clock.now(), settings=settings)
                await CONFERENCES.save(tx, conference, "conference_updated")
            if room := self._rooms.find(conference.id):
                room.settings = settings
        return settings.locked
