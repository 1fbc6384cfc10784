"""Hub: the home's side of one room that other nodes have legs in.

Who joins the room's bridge, here or there, is a talker with a number; all other nodes learn of it before its audio
can come. The hub opens with the first satellite and closes with the last, or with the room.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from mixminus.cluster.link import Link, LinkBroken
from mixminus.cluster.messages import (
    Closed,
    Message,
    NodeAttached,
    NodeDetached,
    Offer,
    Talker,
    TalkerLeft,
)
from mixminus.cluster.remote_port import FarLeg, RemotePort
from mixminus.conference.room import Room, Seat
from mixminus.errors import Exhausted
from mixminus.log import get
from mixminus.mixer import BridgePort, Ghost, PortChange, Trunk, TrunkOffer
from mixminus.model.ids import NIL
from mixminus.model.menu import MenuAction
from mixminus.satellite.branch import offer_of, received
from mixminus.satellite.mesh import FIRST_PLAYOUT, Mesh

__all__ = ["FarSeat", "Hub"]

log = get("cluster")


@dataclass(slots=True, eq=False)
class FarSeat:
    """A seat whose leg is at another node."""

    seat: Seat
    port: RemotePort
    press: Callable[[MenuAction], None]


@dataclass(slots=True)
class _Satellite:
    """Another node with legs in the room."""

    link: Link
    attachment: int
    """Higher than that of all who came before."""
    seats: dict[UUID, FarSeat] = field(default_factory=dict)


class Hub:
    """Announces to the satellites of a room who talks, and connects them with each other."""

    def __init__(self, room: Room, here: UUID, trunk: Trunk, seat_of: Callable[[int], Seat | None]) -> None:
        self.room = room
        self._id: UUID = room.conference.id
        self._here = here
        self._seat_of = seat_of
        self._satellites: dict[UUID, _Satellite] = {}
        self._next_number = 0
        self._attachments = 0
        self._talkers: dict[int, tuple[UUID, Talker]] = {}
        """By port: the node that it is on, and what is announced to the other nodes."""
        self._mesh = Mesh(room.bridge, trunk, self._offer)
        self._mesh.carry_playouts()
        self._unwatch = room.bridge.watchers.add(self._on_change)
        for port in room.bridge.ports:
            self._begin(port)

    @property
    def nodes(self) -> tuple[UUID, ...]:
        """The satellites."""
        return tuple(self._satellites)

    def attach(self, link: Link) -> None:
        """Connect another satellite with this node and with all others; Exhausted for the 17th."""
        node = link.peer.id
        if node in self._satellites:
            return
        self._attachments += 1
        self._satellites[node] = _Satellite(link, self._attachments)
        try:
            self._mesh.attach(node)
        except BaseException:
            del self._satellites[node]
            raise
        for other, satellite in self._satellites.items():
            if other != node:
                self._send(satellite.link, NodeAttached(self._id, node, self._attachments))
                self._send(link, NodeAttached(self._id, other, self._attachments))
        for talks_at, talker in self._talkers.values():
            if talks_at != node:
                self._send(link, talker)

    def detach(self, node: UUID) -> None:
        """Disconnect a satellite, whose seats are released; twice is harmless."""
        if self._satellites.pop(node, None) is None:
            return
        self._mesh.detach(node)
        for satellite in self._satellites.values():
            self._send(satellite.link, NodeDetached(self._id, node))

    def link_of(self, node: UUID) -> Link | None:
        """Return the link of a satellite."""
        satellite = self._satellites.get(node)
        return satellite.link if satellite else None

    def send_all(self, message: Message) -> None:
        """Send a message to all satellites."""
        self._send_others(self._here, message)

    def on_offer(self, offer: Offer) -> None:
        """Connect the link to a satellite, or pass on what two satellites need for theirs."""
        if offer.receiver == self._here:
            self._mesh.connect(offer.sender, received(offer))
            return
        sender, receiver = (self._satellites.get(each) for each in (offer.sender, offer.receiver))
        if sender and receiver and offer.pair == max(sender.attachment, receiver.attachment):
            self._send(receiver.link, offer)

    def reserve(self, link: Link, leg: FarLeg) -> RemotePort:
        """Return the port of a leg at a satellite, with its number; Conflict before its link is connected, Exhausted without a number."""
        number = self._number()
        return self._mesh.attach(link.peer.id).reserve(number, partial(RemotePort, link=link, leg=leg))

    def take(self, node: UUID, far: FarSeat) -> None:
        """Note a seat of a satellite."""
        self._satellites[node].seats[far.seat.id] = far

    def seat(self, node: UUID, seat_id: UUID) -> FarSeat | None:
        """Return a seat of a satellite."""
        satellite = self._satellites.get(node)
        return satellite.seats.get(seat_id) if satellite else None

    def seats(self, node: UUID) -> tuple[FarSeat, ...]:
        """Return all seats of a satellite."""
        satellite = self._satellites.get(node)
        return tuple(satellite.seats.values()) if satellite else ()

    def release(self, node: UUID, seat_id: UUID) -> None:
        """Forget a seat and close its port; twice is harmless."""
        if (satellite := self._satellites.get(node)) and (far := satellite.seats.pop(seat_id, None)):
            far.port.close()

    def close(self) -> None:
        """Close the links; satellites learn that the room is closed. Closing twice is harmless."""
        self._unwatch()
        for satellite in self._satellites.values():
            self._send(satellite.link, Closed(self._id))
        self._satellites.clear()
        self._mesh.close()

    def _number(self) -> int:
        if self._next_number == FIRST_PLAYOUT:
            raise Exhausted(f"{FIRST_PLAYOUT} talkers have been in this room while it was on several nodes")
        self._next_number += 1
        return self._next_number - 1

    def _on_change(self, change: PortChange) -> None:
        if change.kind == "left":
            self._end(change.port_id)
        elif change.kind == "joined" and change.port_id not in self._talkers:
            self._begin(next(port for port in self.room.bridge.ports if port.id == change.port_id))

    def _begin(self, port: BridgePort) -> None:
        """Announce a talker to the nodes, and let its audio leave if it is of this node."""
        seat = self._seat_of(port.id)
        node = port.link.peer.id if isinstance(port, RemotePort) else self._here
        try:
            number = port.talker if isinstance(port, Ghost) else self._number()
        except Exhausted as error:
            log.warning("not heard at other nodes", conference_id=str(self._id), cause=str(error))
            return
        talker = Talker(self._id, node, number, seat.id if seat else NIL)
        self._talkers[port.id] = node, talker
        self._send_others(node, talker)
        if node == self._here:
            self._mesh.carry(number, port)

    def _end(self, port_id: int) -> None:
        if (found := self._talkers.pop(port_id, None)) is None:
            return
        node, talker = found
        if node == self._here:
            self._mesh.drop(talker.number)
        self._send_others(node, TalkerLeft(self._id, talker.number))

    def _send_others(self, node: UUID, message: Message) -> None:
        for other, satellite in self._satellites.items():
            if other != node:
                self._send(satellite.link, message)

    def _offer(self, node: UUID, pair: int, offer: TrunkOffer) -> None:
        self._send(self._satellites[node].link, offer_of(self._id, self._here, node, pair, offer))

    def _send(self, link: Link, message: Message) -> None:
        try:
            link.send(message)
        except LinkBroken:  # its seats are released
            log.debug("not sent", node_id=str(link.peer.id), message=type(message).__name__)
