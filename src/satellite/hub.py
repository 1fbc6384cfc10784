"""Hub: the home's side of one room that other nodes have legs in.

Who joins the room's bridge, here or there, is a talker with a number; all other nodes learn of it before its audio
can come. The hub opens with the first satellite and closes with the last, or with the room.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from mixminus.cluster.link import Link, LinkBroken
from mixminus.cluster.messages import (
    Closed,
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
from mixminus.cluster.remote_port import FarLeg, RemotePort
from mixminus.conference.hearing import ignored
from mixminus.conference.room import Room, Seat
from mixminus.errors import Exhausted
from mixminus.log import get
from mixminus.mixer import BridgePort, Ghost, PortChange, TrunkOffer
from mixminus.model.hears import Hears
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
    connected: tuple[UUID, ...] = ()
    """The nodes to which its links were connected when this node became the home."""
    seats: dict[UUID, FarSeat] = field(default_factory=dict)


class Hub:
    """Announces to the satellites of a room who talks, and connects them with each other."""

    def __init__(
        self,
        room: Room,
        here: UUID,
        mesh: Mesh,
        seat_of: Callable[[int], Seat | None],
        *,
        numbers: Mapping[int, int] | None = None,
        next_number: int = 0,
    ) -> None:
        """``numbers``: those under which ports of this node leave by the links of ``mesh`` already, by port."""
        self.room = room
        self._id: UUID = room.conference.id
        self._here = here
        self._seat_of = seat_of
        self._satellites: dict[UUID, _Satellite] = {}
        self._next_number = next_number
        self._attachments = 0
        self._talkers: dict[int, tuple[UUID, Talker]] = {}
        """By port: the node that it is on, and what is announced to the other nodes."""
        self._mesh = mesh
        mesh.offer = self._offer
        mesh.carry_playouts()
        self._unwatch = room.bridge.watchers.add(self._on_change)
        for port in room.bridge.ports:
            self._begin(port, (numbers or {}).get(port.id))
        room.hearing.on_rules = self._on_rules
        room.on_menu = self._on_menu

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
        for talker in self._talkers_beyond(node):
            self._send(link, talker)
        self._send(link, Rules(self._id, self.room.hearing.rules))
        self._send(link, Menu(self._id, self.room.settings.dtmf_menu))

    def resume(self, link: Link, connected: tuple[UUID, ...]) -> None:
        """Take over a satellite whose link to this node is connected, as are those to the nodes ``connected``."""
        self._attachments += 1
        self._satellites[link.peer.id] = _Satellite(link, self._attachments, connected)

    def announce(self) -> None:
        """Announce to all satellites that were taken over who talks; let those link that are not linked."""
        for node, satellite in self._satellites.items():
            talkers = self._talkers_beyond(node)
            self._send(satellite.link, Resumed(self._id, tuple(each.number for each in talkers)))
            self._send(satellite.link, Menu(self._id, self.room.settings.dtmf_menu))
            for gone in set(satellite.connected) - self._satellites.keys() - {self._here}:
                self._send(satellite.link, NodeDetached(self._id, gone))
            for other, another in self._satellites.items():
                if other != node and not (other in satellite.connected and node in another.connected):
                    pair = max(satellite.attachment, another.attachment)
                    self._send(satellite.link, NodeDetached(self._id, other))
                    self._send(satellite.link, NodeAttached(self._id, other, pair))
            for talker in talkers:
                self._send(satellite.link, talker)

    def detach(self, node: UUID) -> None:
        """Disconnect a satellite, whose seats are released; twice is harmless."""
        if self._satellites.pop(node, None) is None:
            return
        self._mesh.detach(node)
        self.room.hearing.release(node)
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
        self.room.hearing.on_rules = self.room.on_menu = ignored
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

    def _talkers_beyond(self, node: UUID) -> list[Talker]:
        """Return those that a node does not have itself."""
        return [talker for talks_at, talker in self._talkers.values() if talks_at != node]

    def _on_menu(self, menu: Mapping[str, MenuAction]) -> None:
        self.send_all(Menu(self._id, dict(menu)))

    def _on_rules(self, rules: Hears) -> None:
        self.send_all(Rules(self._id, rules))

    def _begin(self, port: BridgePort, known: int | None = None) -> None:
        """Announce a talker to the nodes, and let its audio leave if it is of this node.

        ``known``: under this number it leaves already.
        """
        seat = self._seat_of(port.id)
        node = port.link.peer.id if isinstance(port, RemotePort) else self._here
        try:
            number = port.talker if isinstance(port, Ghost) else self._number() if known is None else known
        except Exhausted as error:
            log.warning("not heard at other nodes", conference_id=str(self._id), cause=str(error))
            return
        talker = Talker(self._id, node, number, seat.id if seat else NIL)
        self._talkers[port.id] = node, talker
        self._send_others(node, talker)
        if node == self._here and known is None:
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
