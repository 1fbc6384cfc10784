"""Branch: a room on a node that is not its home. It has the legs that are here, and does what the home decides.

    home ── Seated Adjust Joined HearsSet ... ──> branch: seats, bridge, mesh

It opens with the first seat here and closes with the last. When the home is lost, everybody here stays, and hears the other
survivors, until the room has another home (``succession.py``), or none.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from mixminus.cluster.leg_messages import (
    Adjust,
    Dismiss,
    HearsCell,
    HearsDone,
    HearsSet,
    Joined,
    MayJoin,
    Parted,
)
from mixminus.cluster.link import Link, LinkBroken
from mixminus.cluster.messages import (
    Attach,
    CompanyCame,
    Detach,
    HeldSeat,
    Menu,
    Message,
    NodeAttached,
    NodeDetached,
    Offer,
    Resumed,
    Rules,
    Talker,
    TalkerLeft,
)
from mixminus.conference.processing import Processing
from mixminus.conference.room import Seat
from mixminus.mixer import PLAYOUTS, BridgePort, Engine, Ghost, TrunkOffer
from mixminus.model.conference import SeatEvent
from mixminus.model.hears import Hears
from mixminus.model.ids import NIL
from mixminus.model.menu import MenuAction
from mixminus.satellite.mesh import FIRST_PLAYOUT, Mesh, Trunks

__all__ = ["Branch", "Heritage", "offer_of", "received"]

_ROOM: Final = "room"
_SEATS_A_MESSAGE: Final = 200


def offer_of(room: UUID, sender: UUID, receiver: UUID, pair: int, offer: TrunkOffer) -> Offer:
    """Return the message with one end of a link."""
    return Offer(room, sender, receiver, offer.host, offer.port, offer.tag, offer.key.hex(), pair)


def received(offer: Offer) -> TrunkOffer:
    """Return the end of a link that a message has."""
    return TrunkOffer(offer.host, offer.port, offer.tag, bytes.fromhex(offer.key))


@dataclass(frozen=True, slots=True)
class Heritage:
    """What a survivor has of a room whose home is dead."""

    numbers: Mapping[UUID, int]
    """Under which the audio of its seats leaves."""
    connected: tuple[UUID, ...]
    """The nodes to which its links are connected."""
    highest: int
    """Of the numbers that it has seen."""
    cells: tuple[HearsCell, ...]
    """Of its listeners, as they are set."""


class Branch:
    """The part of one room that is here."""

    def __init__(self, room: UUID, here: UUID, link: Link, engine: Engine, trunks: Trunks) -> None:
        """Open the bridge, and attach to the home over ``link``."""
        self.room = room
        self.link = link
        self.seats: dict[UUID, Seat] = {}
        self.entering = 0
        """Calls that wait for a seat."""
        self.company = asyncio.Event()
        self.menu: Mapping[str, MenuAction] | None = None
        """What keys do in the room, as its home has last said."""
        self.rules = Hears()
        """Who hears whom in the room, as its home has last said."""
        self.settled = asyncio.Event()
        """Set unless the home is lost and there is no other one yet."""
        self.settled.set()
        self._lost: Link | None = None
        self._here = here
        self._home = link.peer.id
        self._numbers: dict[UUID, int] = {}
        self._adjusts: dict[UUID, Adjust] = {}
        """What is to hold for a seat's port while it is on the bridge: before, it may be in another room."""
        self._ghosts: dict[UUID, Ghost] = {}
        self._cells: dict[tuple[UUID, UUID], float | None] = {}
        self._talkers: dict[int, Talker] = {}
        """Of the other nodes, by number."""
        self._highest = -1
        bridge = engine.open_bridge()
        try:
            self.mesh = Mesh(bridge, trunks.of(bridge), self._offer)
            link.send(Attach(room))
            self.mesh.attach(self._home)
        except BaseException:
            bridge.close()
            raise
        self._expect_playouts()

    @property
    def idle(self) -> bool:
        """Whether no leg is here or about to come, and the home has answered: what it answered is not for the next branch."""
        return not self.seats and not self.entering and self.mesh.connected(self._home)

    def take(self, seat: Seat, number: int) -> None:
        """Take a seat that the home has given."""
        self.seats[seat.id] = seat
        self._numbers[seat.id] = number
        self._highest = max(self._highest, number)

    def release(self, seat: Seat) -> None:
        """Disconnect a seat's audio and forget it; twice is harmless."""
        self._part(seat)
        seat.clear()
        self.seats.pop(seat.id, None)
        self._numbers.pop(seat.id, None)
        self._adjusts.pop(seat.id, None)
        seat.mark_left()

    def close(self) -> None:
        """Close the links and the bridge; the participants that are left leave the room. Closing twice is harmless."""
        self.settled.set()
        for seat in tuple(self.seats.values()):
            _dismiss(seat)
        self.mesh.close()
        self.mesh.bridge.close()

    def report(self, message: Message) -> None:
        """Send the home what becomes of what it wanted, if it answers."""
        with suppress(LinkBroken):
            self.link.send(message)

    def detach(self) -> None:
        """Send the home that no leg is here any more, and close."""
        self.link.send(Detach(self.room))
        self.close()

    def orphan(self) -> None:
        """Note that the home is lost: what came from there, and what it had begun to play, ends."""
        self.settled.clear()
        self._lost = self.link
        self._detach(self._home)

    @property
    def is_orphan(self) -> bool:
        """Whether ``orphan`` was called, and no other home was found since."""
        return self._lost is self.link

    @property
    def rank(self) -> int:
        """How many other survivors come before this one as the next home: those with more participants, or a lower id."""
        counts = Counter(
            talker.node
            for talker in self._talkers.values()
            if talker.node != self._home and talker.seat != NIL
        )
        own = sum(seat.joined for seat in self.seats.values()), -self._here.int
        return sum((count, -node.int) > own for node, count in counts.items())

    @property
    def heritage(self) -> Heritage:
        """What this node has of the room."""
        connected = tuple(node for node in self.mesh.nodes if self.mesh.connected(node))
        cells = tuple(HearsCell(*pair, gain_db) for pair, gain_db in self._cells.items())
        return Heritage(dict(self._numbers), connected, self._highest, cells)

    def attach(self, link: Link, held: Callable[[Seat, int], HeldSeat | None]) -> None:
        """Attach to the room's next home; ``held`` makes of a seat and its number what is said of it."""
        self.link, self._home = link, link.peer.id
        own = self.heritage
        each = (held(seat, self._numbers[seat.id]) for seat in self.seats.values())
        seats = [seat for seat in each if seat]
        while len(seats) > _SEATS_A_MESSAGE:
            some, seats = seats[:_SEATS_A_MESSAGE], seats[_SEATS_A_MESSAGE:]
            link.send(Attach(self.room, survives=True, seats=tuple(some), more=True))
        link.send(
            Attach(
                self.room,
                survives=True,
                seats=tuple(seats),
                connected=own.connected,
                highest=own.highest,
                cells=own.cells,
            )
        )

    def hand_over(self) -> list[Seat]:
        """Give away the seats, with the bridge and its links: this node is the room's home now."""
        seats, self.seats = list(self.seats.values()), {}
        self.settled.set()
        return seats

    def on_message(self, message: Message) -> None:
        """Do what the home says."""
        if isinstance(message, Offer | NodeAttached | NodeDetached | Talker | TalkerLeft):
            self._on_mesh(message)
        elif isinstance(message, HearsSet):
            for cell in message.cells:
                self._cells[cell.listener, cell.speaker] = cell.gain_db
            self._hear((cell.listener, cell.speaker) for cell in message.cells)
            self.report(HearsDone(self.room, message.number))
        elif isinstance(message, CompanyCame):
            self.company.set()
        elif isinstance(message, Rules):
            self.rules = message.hears
        elif isinstance(message, Menu):
            self.menu = message.actions
        elif isinstance(message, Resumed):
            self._resume(message)
        elif seat := self.seats.get(getattr(message, "seat", NIL)):
            self._on_seat(seat, message)

    def _resume(self, resumed: Resumed) -> None:
        """Follow the next home, which names those that talk."""
        for number in self._talkers.keys() - set(resumed.talkers):
            self._forget(number)
        self._expect_playouts()
        self.settled.set()

    def _expect_playouts(self) -> None:
        for number in range(FIRST_PLAYOUT, FIRST_PLAYOUT + PLAYOUTS):
            self.mesh.expect(self._home, number, lambda _: None)

    def _detach(self, node: UUID) -> None:
        for number in [number for number, talker in self._talkers.items() if talker.node == node]:
            self._forget(number)
        self.mesh.detach(node)

    def _on_mesh(self, message: Offer | NodeAttached | NodeDetached | Talker | TalkerLeft) -> None:
        match message:
            case Offer():
                self.mesh.attach(message.sender, message.pair)
                self.mesh.connect(message.sender, received(message))
            case NodeAttached():
                self.mesh.attach(message.node, message.pair)
            case NodeDetached():
                self._detach(message.node)
            case Talker():
                self._highest = max(self._highest, message.number)
                if message.number not in self._talkers:
                    self._talkers[message.number] = message
                    self.mesh.expect(
                        message.node, message.number, lambda ghost: self._place(message.seat, ghost)
                    )
            case TalkerLeft():
                self._forget(message.number)

    def _forget(self, number: int) -> None:
        if talker := self._talkers.pop(number, None):
            self._ghosts.pop(talker.seat, None)
        self.mesh.forget(number)

    def _on_seat(self, seat: Seat, message: Message) -> None:
        match message:
            case Joined():
                self._join(seat)
            case Parted():
                self._part(seat)
            case Adjust():
                self._adjusts[seat.id] = message
                if seat.port.bridge is self.mesh.bridge:
                    _adjust(seat.port, message)
            case MayJoin():
                seat.may_join.set()
            case Dismiss():
                seat.refused, seat.room_closed = message.refused, message.room_closed
                _dismiss(seat)

    def _join(self, seat: Seat) -> None:
        if seat.port.closed or seat.joined or seat.dismissed.done():
            return
        if seat.id in self._adjusts:
            _adjust(seat.port, self._adjusts[seat.id])
        seat.port.join(self.mesh.bridge)
        seat.advance(SeatEvent.CONNECTED)
        self.mesh.carry(self._numbers[seat.id], seat.port)
        self._hear(pair for pair in self._cells if seat.id in pair)

    def _part(self, seat: Seat) -> None:
        if (number := self._numbers.get(seat.id)) is not None:
            self.mesh.drop(number)
        if seat.port.bridge is self.mesh.bridge:
            seat.port.leave()

    def _place(self, seat_id: UUID, ghost: Ghost) -> None:
        self._ghosts[seat_id] = ghost
        self._hear(pair for pair in self._cells if seat_id in pair)

    def _hear(self, pairs: Iterable[tuple[UUID, UUID]]) -> None:
        """Apply cells whose listener and speaker both are on the bridge."""
        found = []
        for listener, speaker in tuple(pairs):
            gain_db = self._cells[listener, speaker]
            if gain_db == 0:
                del self._cells[listener, speaker]
            hearing, heard = self._port(listener), self._port(speaker)
            if hearing and heard:
                found.append((hearing, heard, gain_db))
        if found:
            self.mesh.bridge.set_hears(found)

    def _port(self, seat_id: UUID) -> BridgePort | None:
        seat = self.seats.get(seat_id)
        port = seat.port if seat else self._ghosts.get(seat_id)
        return port if port and not port.closed and port.bridge is self.mesh.bridge else None

    def _offer(self, node: UUID, pair: int, offer: TrunkOffer) -> None:
        self.link.send(offer_of(self.room, self._here, node, pair, offer))


def _adjust(port: BridgePort, wanted: Adjust) -> None:
    if not port.closed:
        port.set_muted(wanted.muted, by=_ROOM)
        port.set_deafened(wanted.deafened, by=_ROOM)
        port.set_gain_db(wanted.gain_db)
        Processing(levelling=wanted.levelled, noise_suppression=wanted.suppressed).apply(port)


def _dismiss(seat: Seat) -> None:
    if not seat.dismissed.done():
        seat.dismiss()
