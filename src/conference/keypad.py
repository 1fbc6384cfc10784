"""Keypad: the actions that participants trigger with the DTMF keys of their room's menu."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Final, Protocol

from mixminus.clock import Clock
from mixminus.conference.announcements import Announcements
from mixminus.conference.digit_relay import DigitRelay
from mixminus.conference.ledger import CONFERENCES
from mixminus.conference.participants import ParticipantService
from mixminus.conference.room import Room, Rooms, Seat
from mixminus.errors import MixMinusError
from mixminus.log import get, task_failed
from mixminus.model.conference import ParticipantChange, Role
from mixminus.model.menu import MenuAction, Presses
from mixminus.store.database import Store
from mixminus.tasks import TaskScope

__all__ = ["KeyFilter", "Keypad", "Keys"]

_STEP_DB: Final = 3.0
"""Of gain, for each press of the keys for louder and softer."""
_MAX_DB: Final = 12.0
_MAX_WAITING: Final = 256
"""Actions, over all rooms. An action takes a database commit, which is faster than a person presses keys."""

log = get("keypad")


class Keys(Protocol):
    """What a filter asks about its participant's room."""

    def now_s(self) -> float: ...
    def menu_of(self, seat: Seat) -> Mapping[str, MenuAction]: ...
    def relay(self, seat: Seat, digits: str) -> None: ...


class KeyFilter:
    """Consumes the menu keys of one participant and passes on all others."""

    def __init__(self, perform: Callable[[MenuAction], None], keypad: Keys, seat: Seat) -> None:
        self._presses = Presses()
        self._perform = perform
        self._keypad = keypad
        self._seat = seat

    def __call__(self, key: str) -> str:
        """Handle a key that was pressed; return the keys that turned out not to belong to the menu."""
        action, released = self._presses.press(key, self._keypad.menu_of(self._seat), self._keypad.now_s())
        if action is not None:
            self._perform(action)
        self._keypad.relay(self._seat, released)
        return released

    def release(self) -> str:
        """Return the keys that wait for the rest of a sequence; called when the participant leaves."""
        return self._presses.release()


class Keypad:
    """Performs menu actions, one after the other for each participant; those over the limit are counted."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        rooms: Rooms,
        participants: ParticipantService,
        announcements: Announcements,
    ) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._participants = participants
        self._announcements = announcements
        self._scope = TaskScope(task_failed("keypad"))
        self._relay = DigitRelay()
        self._counters: Counter[str] = Counter({"keypad.dropped": 0, "keypad.refused": 0})

    @property
    def counters(self) -> Mapping[str, int]:
        return {**self._counters, **self._relay.counters}

    def now_s(self) -> float:
        return self._clock.monotonic_s()

    def menu_of(self, seat: Seat) -> dict[str, MenuAction]:
        """Return the current menu of the participant's room."""
        room = self._rooms.find(seat.conference.id)
        return room.settings.dtmf_menu if room else {}

    def relay(self, seat: Seat, digits: str) -> None:
        """Send digits that the menu has left to the other participants, if the room's settings say so."""
        if room := self._rooms.find(seat.conference.id):
            self._relay.relay(room, seat, digits)

    @contextmanager
    def listening(self, seat: Seat) -> Iterator[KeyFilter]:
        """Yield the filter for the keys of a participant that is in the room."""
        yield KeyFilter(self.performer(seat), self, seat)

    def performer(self, seat: Seat) -> Callable[[MenuAction], None]:
        """Return what performs a participant's actions, one after the other."""
        lock = asyncio.Lock()

        def perform(action: MenuAction) -> None:
            if len(self._scope) >= _MAX_WAITING:
                self._counters["keypad.dropped"] += 1
            else:
                self._scope.spawn(f"keypad {action}", self._perform(seat, action, lock))

        return perform

    async def close(self) -> None:
        """Stop; closing twice is harmless."""
        await self._scope.close()

    async def _perform(self, seat: Seat, action: MenuAction, lock: asyncio.Lock) -> None:
        async with lock:
            room = self._rooms.find(seat.conference.id)
            if room is None or seat.dismissed.done():
                return
            try:
                await self._do(room, seat, action)
            except MixMinusError as error:  # the participant has left, or the database is unavailable
                self._counters["keypad.refused"] += 1
                log.info("menu action refused", conferencecall_id=str(seat.id), reason=error.reason)

    async def _do(self, room: Room, seat: Seat, action: MenuAction) -> None:
        customer_id = seat.conference.customer_id
        match action:
            case "mute":
                participant = await self._participants.get_call(customer_id, seat.id)
                await self._change(seat, ParticipantChange(muted=not participant.muted))
                self._announcements.confirm_key(room, seat, "unmuted" if participant.muted else "muted")
            case "louder" | "softer":
                participant = await self._participants.get_call(customer_id, seat.id)
                gain_db = participant.gain_db + (_STEP_DB if action == "louder" else -_STEP_DB)
                await self._change(seat, ParticipantChange(gain_db=max(-_MAX_DB, min(_MAX_DB, gain_db))))
            case "lock" if seat.role is Role.MODERATOR:
                self._announcements.confirm_key(
                    room, seat, "locked" if await self._toggle_lock(seat) else "unlocked"
                )
            case "lock":
                self._counters["keypad.refused"] += 1
            case "count":
                self._announcements.play_count(room, seat)
            case "hand":
                participant = await self._participants.get_call(customer_id, seat.id)
                await self._change(seat, ParticipantChange(hand_raised=not participant.hand_raised))
                prompt = "hand_lowered" if participant.hand_raised else "hand_raised"
                self._announcements.confirm_key(room, seat, prompt)
            case "leave":
                await self._participants.kick(customer_id, seat.id)

    async def _change(self, seat: Seat, change: ParticipantChange) -> None:
        await self._participants.change(seat.conference.customer_id, seat.id, change)

    async def _toggle_lock(self, seat: Seat) -> bool:
        """Lock an unlocked room and unlock a locked one; return whether it is locked now."""
        async with self._rooms.lock(seat.conference.id):
            async with self._store.transaction() as tx:
                conference = await CONFERENCES.find_for_update(tx, seat.conference.id)
                settings = replace(conference.settings, locked=not conference.settings.locked)
                conference = conference.changed(self._clock.now(), settings=settings)
                await CONFERENCES.save(tx, conference, "conference_updated")
            if room := self._rooms.find(conference.id):
                room.set_conference(conference)
        return settings.locked
