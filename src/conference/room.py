"""Room: the live side of a conference, its bridge and who sits in it; gone when the conference is over."""

import asyncio
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from mixminus.conference.model import Conference
from mixminus.ids import CallId, ConferencecallId, ConferenceId
from mixminus.mixer import Bridge, BridgePort, Engine

__all__ = ["Room", "Rooms", "Seat"]


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
    dismissed: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    """Done when the participant must leave: kicked, or the room closes."""
    joined: bool = False

    def dismiss(self) -> None:
        """Take the audio away at once, and tell the call's flow to go on."""
        self.port.leave()
        if not self.dismissed.done():
            self.dismissed.set_result(None)


class Room:
    """The bridge of one conference and its seats."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.seats: dict[ConferencecallId, Seat] = {}
        self.company = asyncio.Event()

    @property
    def joined(self) -> int:
        """How many are heard."""
        return sum(seat.joined for seat in self.seats.values())

    def dismiss_all(self) -> None:
        for seat in self.seats.values():
            seat.dismiss()


class Rooms:
    """Owns every room, and keeps the one lock that a conference's changes queue for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._rooms: dict[ConferenceId, Room] = {}
        self._turns: WeakValueDictionary[ConferenceId, asyncio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._rooms)

    def turn(self, conference_id: ConferenceId) -> asyncio.Lock:
        """Return the conference's lock: held over every read-decide-write of it."""
        return self._turns.setdefault(conference_id, asyncio.Lock())

    def open(self, conference_id: ConferenceId) -> Room:
        """Return the conference's room, with a bridge from now on."""
        if conference_id not in self._rooms:
            self._rooms[conference_id] = Room(self._engine.open_bridge())
        return self._rooms[conference_id]

    def find(self, conference_id: ConferenceId) -> Room | None:
        return self._rooms.get(conference_id)

    def seat(self, conference_id: ConferenceId, conferencecall_id: ConferencecallId) -> Seat | None:
        room = self._rooms.get(conference_id)
        return room.seats.get(conferencecall_id) if room else None

    def close(self, conference_id: ConferenceId) -> None:
        """Close the conference's bridge; a room that is not there is closed already."""
        if room := self._rooms.pop(conference_id, None):
            room.bridge.close()

    def ids(self) -> tuple[ConferenceId, ...]:
        return tuple(self._rooms)
