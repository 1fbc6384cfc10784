"""Room: the live part of a conference, its bridge and the participants' seats.

It ends with the conference.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from mixminus.clock import Clock
from mixminus.conference.errors import ConferenceNotProgressing
from mixminus.conference.hearing import Hearing, ignored
from mixminus.conference.listening import Listeners
from mixminus.conference.pin_guesses import PinGuesses
from mixminus.conference.processing import UNPROCESSED, Processing
from mixminus.conference.room_sounds import Looped, RoomSounds
from mixminus.conference.seats_here import SeatsHere
from mixminus.machine import step
from mixminus.mixer import Bridge, BridgePort, Engine
from mixminus.model.conference import (
    SEAT_TRANSITIONS,
    Conference,
    Conferencecall,
    ConferenceStatus,
    Role,
    SeatEvent,
    SeatState,
)
from mixminus.model.ids import NIL, CallId, ConferencecallId, ConferenceId
from mixminus.model.menu import MenuAction
from mixminus.sound.library import HoldMusic

__all__ = ["SEATS_AT_A_TIME", "Room", "Rooms", "Seat"]

SEATS_AT_A_TIME: Final = 25
"""Participants that leave in one transaction, and between two turns of the loop."""

_ROOM = "room"
"""Separates mutes of the participant from mutes of its call, which stay when it leaves."""


@dataclass(slots=True, eq=False)
class Seat:
    """A participant's place in a room, from joining to leaved (``model.conference.SEAT_TRANSITIONS``)."""

    id: ConferencecallId
    call_id: CallId
    conference: Conference
    """As it was when the participant was admitted: these are the actions that its flow runs."""
    port: BridgePort
    company: asyncio.Event
    """Set once two participants have been in the room."""
    role: Role = Role.PARTICIPANT
    activeflow_id: UUID = NIL
    """The flow that runs the participant's call."""
    state: SeatState = SeatState.RESERVED
    dismissed: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    """Done when the participant must leave: it was kicked, or the room closes."""
    may_join: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while the audio may be connected: nothing keeps the participant in the lobby."""
    joined: bool = False
    """Whether the audio has been connected, also after it has left."""
    room_closed: bool = False
    """Whether the participant must leave because the room closes."""
    admitted: bool = False
    """Whether it may pass the lobby of the room."""
    refused: bool = False
    """Whether it must leave because it was not admitted from the lobby."""
    sound: Looped | None = None
    """Music or ringback that is playing to the participant."""
    row: Conferencecall | None = None
    """The participant as it was last written; all its changes are made with the conference's lock held."""
    duck_db: float = 0.0
    """By how much the room lowers the participant for all others while something is played."""
    processing: Processing = UNPROCESSED
    """What the room does to the audio of those who do not say otherwise."""
    left: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Done when the seat is released."""
    lost: BaseException | None = None
    """Why its leaving could not be written, if another participant's leaving was to write it."""

    def advance(self, event: SeatEvent) -> None:
        """Move to the next state; raise IllegalTransition if there is none."""
        self.state = step(SEAT_TRANSITIONS, self.state, event)
        self.joined |= self.state is SeatState.JOINED

    def dismiss(self) -> None:
        """Disconnect the audio at once, and make the call's flow continue after the room."""
        self.port.leave()
        if not self.dismissed.done():
            self.advance(SeatEvent.DISMISSED)
            self.dismissed.set_result(None)

    def adjust(self, participant: Conferencecall) -> None:
        """Apply the mute, deaf, gain, processing and role of the participant's row; a closed port stays as it is."""
        self.role = participant.role
        if not self.port.closed:
            self.port.set_muted(participant.muted, by=_ROOM)
            self.port.set_deafened(participant.deaf, by=_ROOM)
            self.port.set_gain_db(participant.gain_db - self.duck_db)
            self.processing.chosen_by(participant).apply(self.port)

    def duck(self, duck_db: float) -> None:
        """Lower the participant for all others by this; 0 ends that."""
        self.duck_db = duck_db
        if self.row and self.joined and not self.port.closed:
            self.port.set_gain_db(self.row.gain_db - duck_db)

    def mark_left(self) -> None:
        """Note that the seat is released, or its room closed."""
        if not self.left.done():
            self.left.set_result(None)

    def clear(self) -> None:
        """Disconnect the audio, and reset what the room has set on the port."""
        self.port.leave()
        self.stop_sound()
        if not self.port.closed:
            self.port.set_muted(False, by=_ROOM)
            self.port.set_deafened(False, by=_ROOM)
            self.port.set_gain_db(0.0)
            UNPROCESSED.apply(self.port)

    def stop_sound(self) -> None:
        """Stop music or ringback."""
        if self.sound:
            self.sound.close()
            self.sound = None


class Room:
    """The bridge of one conference and its seats.

    What a join or a leaving costs does not grow with the number of seats.
    """

    def __init__(self, bridge: Bridge, sounds: RoomSounds, conference: Conference) -> None:
        self.bridge = bridge
        self.conference = conference
        """The row as it was last written here. Recordings and transcribes may have changed it since."""
        self.customer_id = conference.customer_id
        self.settings = conference.settings
        self.seats: dict[ConferencecallId, Seat] = {}
        self.present: dict[ConferencecallId, str] = {}
        """The participants whose audio has been connected, in this order: id and its text."""
        self.listeners = Listeners()
        self.departing: list[Seat] = []
        """Seats that are to be released by whichever of them gets the conference's lock."""
        self.company = asyncio.Event()
        self.chimes = sounds.chimes(bridge)
        self._early_media = False
        self._moderators: set[ConferencecallId] = set()
        self._mode: tuple[bool, ...] = ()
        self.hearing = Hearing(
            bridge, self.listeners, lambda: {id_: seat.port for id_, seat in self.seats.items()}
        )
        self.on_menu: Callable[[Mapping[str, MenuAction]], None] = ignored
        """Called with a menu of keys that has changed."""
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the room is closed."""
        self.dominant: Seat | None = None
        """The dominant speaker, also while all are silent (``dominant.py``)."""
        self._duck_db = 0.0
        self._processing = Processing.of(conference.settings)
        self._sounds = sounds

    @property
    def joined(self) -> int:
        """Number of participants whose audio is connected."""
        return len(self.present)

    @property
    def moderated(self) -> bool:
        """Whether a moderator has joined."""
        return bool(self._moderators)

    def set_conference(self, conference: Conference) -> None:
        """Take over a row that was written, and its settings."""
        if conference.settings.dtmf_menu != self.settings.dtmf_menu:
            self.on_menu(conference.settings.dtmf_menu)
        self.conference, self.settings = conference, conference.settings
        before, self._processing = self._processing, Processing.of(conference.settings)
        for seat in self.seats.values() if self._processing != before else ():
            seat.processing = self._processing
            if seat.row and seat.joined:
                seat.adjust(seat.row)

    def add(self, seat: Seat) -> None:
        """Add a seat; ``remove`` removes it."""
        seat.duck_db, seat.processing = self._duck_db, self._processing
        self.seats[seat.id] = seat

    def count(self, seat: Seat) -> None:
        """Count a participant that has joined; also after its role has changed."""
        if seat.joined and seat.id in self.seats:
            self.present.setdefault(seat.id, str(seat.id))
            (self._moderators.add if seat.role is Role.MODERATOR else self._moderators.discard)(seat.id)

    async def dismiss_all(self) -> None:
        """Make all participants leave because the room closes, a few at a time: each has a flow that continues."""
        for number, seat in enumerate(tuple(self.seats.values()), 1):
            seat.room_closed = True
            seat.dismiss()
            if number % SEATS_AT_A_TIME == 0:
                await asyncio.sleep(0)

    def update_sounds(self, changed: Seat | None = None) -> None:
        """Update which participants may join, and which hear music or ringback.

        ``changed``: the only one that has changed; the others are visited if something changes for all.
        """
        free, alone = self.moderated or not self.settings.wait_for_moderator, self.joined == 1
        rules = self.settings
        mode = (free, alone, rules.lobby, rules.music_when_alone, self._early_media, self.company.is_set())
        if changed is None or mode != self._mode:
            self._mode = mode
            for seat in self.seats.values():
                self._update_sound(seat, free=free)
        elif changed.id in self.seats:
            self._update_sound(changed, free=free)

    def _update_sound(self, seat: Seat, *, free: bool) -> None:
        admitted = free and (seat.admitted or not self.settings.lobby)
        (seat.may_join.set if admitted or seat.role is Role.MODERATOR else seat.may_join.clear)()
        play = self._sound_for(seat, self.joined)
        if play is None:
            seat.stop_sound()
        elif seat.sound is None and not seat.dismissed.done():
            seat.sound = play(seat.port)

    def set_early_media(self, on: bool) -> None:
        """Set whether the first participant of a room for two hears the early media of a called party now."""
        self._early_media = on
        self.update_sounds()

    def _sound_for(self, seat: Seat, joined: int) -> Callable[[BridgePort], Looped] | None:
        """Return how to start the sound for a participant that is alone or in the lobby.

        None for no sound.
        """
        alone = seat.joined and joined == 1
        waits = seat.state is SeatState.LOBBY
        if (self.settings.music_when_alone and (alone or waits)) or (self.settings.lobby and waits):
            return self._sounds.play_music
        if self._early_media:
            return None
        if alone and seat.conference.type == "connect" and not self.company.is_set():
            # A room for two: the first hears ringback, also on legs that cannot send 180 any more (api.md 4.1).
            return self._sounds.play_ringback
        return None

    def duck(self, duck_db: float, listener: ConferencecallId | None = None) -> None:
        """Lower all talkers by ``duck_db`` for all, or for one listener; 0 ends that."""
        if listener is None:
            self._duck_db = duck_db
            for seat in self.seats.values():
                seat.duck(duck_db)
        elif listener in self.seats:
            self.hearing.lower(listener, duck_db)

    def remove(self, seat: Seat) -> None:
        """Remove a seat and the hears rules that name it."""
        seat.clear()
        if self.dominant is seat:
            self.dominant = None
        self.hearing.forget(seat.id)
        del self.seats[seat.id]
        self.present.pop(seat.id, None)
        self._moderators.discard(seat.id)
        seat.advance(SeatEvent.GIVEN_BACK)
        seat.mark_left()
        self.update_sounds(seat)


class Rooms:
    """Owns every room, and one lock for each conference, held during each of its changes."""

    def __init__(
        self, engine: Engine, clock: Clock, tune: HoldMusic | None = None, room_seats: int | None = None
    ) -> None:
        self.engine, self.here = engine, SeatsHere(room_seats)
        self._rooms: dict[ConferenceId, Room] = {}
        self._by_port: dict[int, Seat] = {}
        self._seats: dict[ConferencecallId, Seat] = {}
        self._locks: WeakValueDictionary[ConferenceId, asyncio.Lock] = WeakValueDictionary()
        self.sounds = RoomSounds(engine, clock, tune)
        self.pins = PinGuesses()

    def __len__(self) -> int:
        return len(self._rooms)

    def lock(self, conference_id: ConferenceId) -> asyncio.Lock:
        """Return the conference's lock, held from reading its row until the change is written and applied."""
        return self._locks.setdefault(conference_id, asyncio.Lock())

    def open(self, conference: Conference, bridge: Bridge | None = None) -> Room:
        """Return the conference's room; the first call opens it, with its bridge, or on one that is open."""
        if conference.id not in self._rooms:
            room = Room(bridge or self.engine.open_bridge(), self.sounds, conference)
            self._rooms[conference.id] = room
        return self._rooms[conference.id]

    def find(self, conference_id: ConferenceId) -> Room | None:
        return self._rooms.get(conference_id)

    def require(self, conference: Conference) -> Room:
        """Return the conference's room; raise ConferenceNotProgressing unless it is in progress."""
        room = self._rooms.get(conference.id)
        if conference.status is not ConferenceStatus.PROGRESSING or room is None:
            raise ConferenceNotProgressing(
                f"conference {conference.id} is {conference.status}; this requires one that is progressing"
            )
        return room

    def find_seat(self, conferencecall_id: ConferencecallId) -> Seat | None:
        return self._seats.get(conferencecall_id)

    def seat_of(self, port_id: int) -> Seat | None:
        """Return the seat whose audio is connected through a port of the engine."""
        return self._by_port.get(port_id)

    def seat_of_call(self, call_id: CallId) -> Seat | None:
        """Return the seat in which a call's audio is connected."""
        return next((seat for seat in self._by_port.values() if seat.call_id == call_id), None)

    def seat(self, room: Room, seat: Seat) -> None:
        """Add a seat under the room's hears rules; its audio is not connected yet. SeatsTaken above those of a node."""
        room.add(seat)
        try:
            self.here.take(room.conference.id, seat.port, seat.left)
            room.hearing.refresh()
        except BaseException:
            del room.seats[seat.id]
            seat.mark_left()
            raise
        self._seats[seat.id] = seat
        room.update_sounds(seat)

    def connect(self, room: Room, seat: Seat) -> None:
        """Connect a seat's audio to the bridge, unless it is there."""
        before = self._by_port.get(seat.port.id)
        self._by_port[seat.port.id] = seat
        try:
            if seat.port.bridge is not room.bridge:
                seat.port.join(room.bridge)
        except BaseException:
            self._unindex_port(seat)
            if before:
                self._by_port[seat.port.id] = before
            raise

    def unseat(self, room: Room, seat: Seat) -> None:
        """Remove a seat from its room."""
        self._unindex_port(seat)
        self._seats.pop(seat.id, None)
        room.remove(seat)

    def close(self, conference_id: ConferenceId) -> None:
        """Close the conference's room and bridge; closing twice is harmless."""
        if room := self._rooms.pop(conference_id, None):
            for seat in room.seats.values():
                self._unindex_port(seat)
                self._seats.pop(seat.id, None)
                seat.stop_sound()
                seat.mark_left()
            room.over.set_result(None)
            room.bridge.close()

    def _unindex_port(self, seat: Seat) -> None:
        # A port may have seats in two rooms: it is indexed for the one whose bridge it is on.
        if self._by_port.get(seat.port.id) is seat:
            del self._by_port[seat.port.id]

    def ids(self) -> tuple[ConferenceId, ...]:
        return tuple(self._rooms)
