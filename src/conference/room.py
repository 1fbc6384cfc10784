"""Room: the live side of a conference, its bridge and who sits in it; gone when the conference is over."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID
from weakref import WeakValueDictionary

from mixminus.clock import Clock
from mixminus.conference.ambience import Ambience, Music
from mixminus.conference.errors import ConferenceNotProgressing, TooManyExceptions
from mixminus.conference.hears import MAX_CELLS, Cells, Hears, cells, changes, without
from mixminus.mixer import Bridge, BridgePort, Engine
from mixminus.model.conference import Conference, Conferencecall, ConferenceStatus, Role, RoomSettings
from mixminus.model.ids import NIL, CallId, ConferencecallId, ConferenceId
from mixminus.sound.library import HoldMusic

__all__ = ["Room", "Rooms", "Seat"]

_ROOM = "room"
"""Who mutes here: a call may be muted by itself as well, and stays so when it leaves."""


@dataclass(slots=True, eq=False)
class Seat:
    """A participant's place in a room, from joining to leaved."""

    id: ConferencecallId
    call_id: CallId
    conference: Conference
    """As it was when the participant was admitted: its actions are the ones that are run."""
    port: BridgePort
    company: asyncio.Event
    """Set from the moment that two participants have been in the room."""
    role: Role = Role.PARTICIPANT
    activeflow_id: UUID = NIL
    """The flow that has brought the participant."""
    dismissed: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    """Done when the participant must leave: kicked, or the room closes."""
    open: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while the participant may sit down: a moderator is in, or none is waited for."""
    waiting: bool = False
    """Found the door closed."""
    joined: bool = False
    closed: bool = False
    """The room has closed over it."""
    music: Music | None = None

    def dismiss(self) -> None:
        """Take the audio away at once, and tell the call's flow to go on."""
        self.port.leave()
        if not self.dismissed.done():
            self.dismissed.set_result(None)

    def adjust(self, participant: Conferencecall) -> None:
        """Let the participant be heard and hear as its row says; a port that has closed needs nothing."""
        self.role = participant.role
        if not self.port.closed:
            self.port.set_muted(participant.muted, by=_ROOM)
            self.port.set_deafened(participant.deaf, by=_ROOM)
            self.port.set_gain_db(participant.gain_db)

    def clear(self) -> None:
        """Leave the bridge, and leave nothing of the room on the port."""
        self.port.leave()
        self.hush()
        if not self.port.closed:
            self.port.set_muted(False, by=_ROOM)
            self.port.set_deafened(False, by=_ROOM)
            self.port.set_gain_db(0.0)

    def hush(self) -> None:
        """Stop the music."""
        if self.music:
            self.music.close()
            self.music = None


class Room:
    """The bridge of one conference and its seats."""

    def __init__(self, bridge: Bridge, ambience: Ambience, settings: RoomSettings) -> None:
        self.bridge = bridge
        self.settings = settings
        self.seats: dict[ConferencecallId, Seat] = {}
        self.company = asyncio.Event()
        self.chimes = ambience.chimes(bridge)
        self.hears = Hears()
        self.cells: Cells = {}
        self._ambience = ambience

    @property
    def joined(self) -> int:
        """How many are heard."""
        return sum(seat.joined for seat in self.seats.values())

    @property
    def moderated(self) -> bool:
        """Whether a moderator is in."""
        return any(seat.joined and seat.role is Role.MODERATOR for seat in self.seats.values())

    def dismiss_all(self) -> None:
        for seat in self.seats.values():
            seat.closed = True
            seat.dismiss()

    def settle(self) -> None:
        """Do what follows from who is here: open doors or close them, let music and ringing begin or end."""
        joined, free = self.joined, self.moderated or not self.settings.wait_for_moderator
        for seat in self.seats.values():
            (seat.open.set if free or seat.role is Role.MODERATOR else seat.open.clear)()
            play = self._sound_for(seat, joined)
            if play is None:
                seat.hush()
            elif seat.music is None and not seat.dismissed.done():
                seat.music = play(seat.port)

    def _sound_for(self, seat: Seat, joined: int) -> Callable[[BridgePort], Music] | None:
        """Return what begins a sound for who waits: for company, or at the door."""
        alone = seat.joined and joined == 1
        if self.settings.music_when_alone and (alone or (seat.waiting and not seat.joined)):
            return self._ambience.play_music
        if alone and seat.conference.type == "connect" and not self.company.is_set():
            # A room for two: the first hears it ring, also where no 180 can say so any more (api.md 4.1).
            return self._ambience.play_ringing
        return None

    def arrange(self, hears: Hears, leaving: ConferencecallId | None = None) -> None:
        """Let these rules hold for all but whoever leaves, all at one tick; TooManyExceptions if so."""
        wanted = cells(hears, [id_ for id_ in self.seats if id_ != leaving])
        if len(wanted) > MAX_CELLS:
            raise TooManyExceptions(f"who hears whom would need more than {MAX_CELLS} exceptions")
        ports = {id_: seat.port for id_, seat in self.seats.items() if not seat.port.closed}
        self.bridge.set_hears(
            (ports[listener], ports[speaker], gain_db)
            for (listener, speaker), gain_db in changes(self.cells, wanted).items()
            if listener in ports and speaker in ports
        )
        self.hears, self.cells = hears, wanted

    def part(self, seat: Seat) -> None:
        """Take a seat away, with the rules that were about it."""
        seat.clear()
        self.arrange(without(self.hears, seat.id), leaving=seat.id)
        del self.seats[seat.id]
        self.settle()


class Rooms:
    """Owns every room, and keeps the one lock that a conference's changes queue for."""

    def __init__(self, engine: Engine, clock: Clock, tune: HoldMusic | None = None) -> None:
        self._engine = engine
        self._rooms: dict[ConferenceId, Room] = {}
        self._by_port: dict[int, Seat] = {}
        self._turns: WeakValueDictionary[ConferenceId, asyncio.Lock] = WeakValueDictionary()
        self.ambience = Ambience(engine, clock, tune)

    def __len__(self) -> int:
        return len(self._rooms)

    def turn(self, conference_id: ConferenceId) -> asyncio.Lock:
        """Return the conference's lock: held over every read-decide-write of it."""
        return self._turns.setdefault(conference_id, asyncio.Lock())

    def open(self, conference: Conference) -> Room:
        """Return the conference's room, with a bridge from now on."""
        if conference.id not in self._rooms:
            room = Room(self._engine.open_bridge(), self.ambience, conference.settings)
            self._rooms[conference.id] = room
        return self._rooms[conference.id]

    def find(self, conference_id: ConferenceId) -> Room | None:
        return self._rooms.get(conference_id)

    def require(self, conference: Conference) -> Room:
        """Return the conference's room; raise ConferenceNotProgressing unless it is in progress."""
        room = self._rooms.get(conference.id)
        if conference.status is not ConferenceStatus.PROGRESSING or room is None:
            raise ConferenceNotProgressing(f"conference {conference.id} is {conference.status}")
        return room

    def seat(self, conference_id: ConferenceId, conferencecall_id: ConferencecallId) -> Seat | None:
        room = self._rooms.get(conference_id)
        return room.seats.get(conferencecall_id) if room else None

    def seat_of(self, port_id: int) -> Seat | None:
        """Return whose voice comes by a port of the engine."""
        return self._by_port.get(port_id)

    def seat_of_call(self, call_id: CallId) -> Seat | None:
        """Return where a call sits and is heard."""
        return next((seat for seat in self._by_port.values() if seat.call_id == call_id), None)

    def seat_down(self, room: Room, seat: Seat) -> None:
        """Give a participant its place: not on the bridge yet, and under the room's rules already."""
        room.seats[seat.id] = seat
        try:
            room.arrange(room.hears)
        except BaseException:
            del room.seats[seat.id]
            raise
        room.settle()

    def connect(self, room: Room, seat: Seat) -> None:
        """Let a participant be heard from now on."""
        before = self._by_port.get(seat.port.id)
        self._by_port[seat.port.id] = seat
        try:
            seat.port.join(room.bridge)
        except BaseException:
            self._mute(seat)
            if before:
                self._by_port[seat.port.id] = before
            raise

    def get_up(self, room: Room, seat: Seat) -> None:
        """Take the place back."""
        self._mute(seat)
        room.part(seat)

    def close(self, conference_id: ConferenceId) -> None:
        """Close the conference's bridge; a room that is not there is closed already."""
        if room := self._rooms.pop(conference_id, None):
            for seat in room.seats.values():
                self._mute(seat)
                seat.hush()
            room.bridge.close()

    def _mute(self, seat: Seat) -> None:
        # A port may have seats in two rooms: it speaks in the one that it has joined.
        if self._by_port.get(seat.port.id) is seat:
            del self._by_port[seat.port.id]

    def ids(self) -> tuple[ConferenceId, ...]:
        return tuple(self._rooms)
