"""Home: gives the seats of the rooms that are here to the legs of other nodes, and takes them back.

For ``conference`` such a seat is one as any other; its port is a ``RemotePort``.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from mixminus.cluster.leg_messages import (
    Act,
    Dismiss,
    HearsDone,
    Held,
    MayJoin,
    Measured,
    Moving,
    Played,
    Pressed,
    Wrote,
)
from mixminus.cluster.link import Link, LinkBroken
from mixminus.cluster.messages import (
    Admit,
    Answered,
    Attach,
    Closed,
    CompanyCame,
    Connect,
    Detach,
    Leave,
    Message,
    Offer,
    Refused,
    Seated,
)
from mixminus.cluster.remote_port import FarLeg
from mixminus.conference.keypad import Keypad
from mixminus.conference.participants import Entry, ParticipantService
from mixminus.conference.room import Room, Rooms, Seat
from mixminus.errors import MixMinusError, Unavailable
from mixminus.log import get, task_failed
from mixminus.mixer import EngineEvent, HoldEnded, HoldStarted
from mixminus.model.conference import Role, SeatState
from mixminus.model.ids import CallId, ConferencecallId, ConferenceId
from mixminus.satellite.gathering import Gathering
from mixminus.satellite.hub import FarSeat, Hub
from mixminus.satellite.mesh import Mesh, Trunks, nowhere
from mixminus.tasks import Interrupted, TaskScope, unless

__all__ = ["Home", "NotHere", "Serving", "send"]

log = get("cluster")

_MAX_REQUESTS: Final = 2048
"""Of all satellites that are not answered yet."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What a home serves other nodes with."""

    rooms: Rooms
    participants: ParticipantService
    keypad: Keypad
    trunks: Trunks
    on_event: Callable[[EngineEvent], None]
    """Takes holds, which the other node's signalling has seen."""
    on_text: Callable[[Seat, str, str], None] = lambda _seat, _text, _name: None
    """Takes what phones at other nodes write, with the names that they give themselves."""


class NotHere(Unavailable):
    """A satellite asks for a room that is not at this node any more."""

    reason = "ROOM_ELSEWHERE"


class Home:
    """The satellites' requests about the rooms of this node."""

    def __init__(self, here: UUID, serving: Serving) -> None:
        self._here = here
        self._serving = serving
        self._hubs: dict[UUID, Hub] = {}
        self._gatherings: dict[UUID, Gathering] = {}
        self.stopping = False
        self._scope = TaskScope(task_failed("cluster"))

    def __len__(self) -> int:
        return sum(len(hub.seats(node)) for hub in self._hubs.values() for node in hub.nodes)

    def stop(self) -> None:
        """Let the seats of satellites be from now on: survivors keep them, and take the rooms over."""
        self.stopping = True

    async def close(self) -> None:
        """Stop; closing twice is harmless."""
        await self._scope.close()
        for room in tuple(self._hubs):
            self._close(room)

    def gather(self, room: UUID) -> Gathering:
        """Keep what survivors send about a room that this node may become the home of, until ``release``."""
        gathering = self._gatherings[room] = Gathering()
        return gathering

    def release(self, room: UUID) -> None:
        """Do what survivors have sent meanwhile; twice is harmless."""
        if gathering := self._gatherings.pop(room, None):
            for link, message in gathering.released():
                self.on_message(link, message)

    def resume(self, hub: Hub) -> None:
        """Serve the satellites of a room that this node has become the home of."""
        self._keep(hub)
        for node in hub.nodes:
            for far in hub.seats(node):
                link = far.port.link
                self._follow(link, hub.room.conference.id, far)
                if far.seat.state is SeatState.LOBBY:
                    self._scope.spawn(
                        f"hold {far.seat.id}", _await_admission(link, hub.room.conference.id, far.seat)
                    )
        hub.announce()

    def on_message(self, link: Link, message: Message) -> None:
        """Begin what a satellite asks for, and return at once."""
        if gathering := self._gatherings.get(getattr(message, "room", self._here)):
            gathering.add(link, message)
        else:
            self._do(link, message)

    def _do(self, link: Link, message: Message) -> None:
        match message:
            case Attach():
                self._attach(link, message)
            case Detach():
                self._detach(link.peer.id, message.room)
            case Offer():
                if hub := self._hubs.get(message.room):
                    hub.on_offer(message)
            case Admit():
                self._begin(link, message, self._admit(link, message))
            case Connect():
                self._begin(link, message, self._connect(link, message))
            case Leave():
                # Looked up at once: the ``Detach`` that may follow takes the hub's seats of that node away.
                hub, far = self._hubs.get(message.room), self._far(link, message.room, message.seat)
                self._begin(link, message, self._leave(link, message, hub, far))
            case HearsDone() | Measured():
                self._on_report(link, message)
            case Held() | Act() | Pressed() | Played() | Wrote() | Moving():
                if far := self._far(link, message.room, message.seat):
                    self._on_leg(far, message)

    def _on_report(self, link: Link, message: HearsDone | Measured) -> None:
        if isinstance(message, HearsDone):
            if room := self._serving.rooms.find(ConferenceId(message.room)):
                room.hearing.acknowledge(link.peer.id, message.number)
            return
        for leg in message.legs:
            if far := self._far(link, message.room, leg.seat):
                far.port.quality = leg

    def lose(self, link: Link) -> None:
        """Release all seats of a satellite that does not answer any more."""
        for gathering in self._gatherings.values():
            gathering.lose(link)
        if self.stopping:
            return
        for room, hub in tuple(self._hubs.items()):
            if hub.link_of(link.peer.id) is link:
                self._lose(room, hub, link.peer.id)

    def _attach(self, link: Link, asked: Attach) -> None:
        room_id = asked.room
        room = self._serving.rooms.find(ConferenceId(room_id))
        hub = self._hubs.get(room_id)
        if hub and hub.link_of(link.peer.id) not in (None, link):
            # Its earlier link has ended, which is not noticed here yet.
            self._lose(room_id, hub, link.peer.id)
        try:
            if room is None or self.stopping or asked.survives:
                raise NotHere(
                    f"no room {room_id} at this node, or not any more for those who were in it before"
                )
            (self._hubs.get(room_id) or self._open(room)).attach(link)
        except MixMinusError as error:
            log.warning("satellite refused", node_id=str(link.peer.id), cause=str(error))
            send(link, Closed(room_id))
            if (hub := self._hubs.get(room_id)) and not hub.nodes:
                self._close(room_id)

    def _open(self, room: Room) -> Hub:
        mesh = Mesh(room.bridge, self._serving.trunks.of(room.bridge), nowhere)
        hub = Hub(room, self._here, mesh, self._serving.rooms.seat_of)
        self._keep(hub)
        return hub

    def _keep(self, hub: Hub) -> None:
        room, room_id = hub.room, hub.room.conference.id
        self._hubs[room_id] = hub
        room.over.add_done_callback(lambda _: self._close(room_id))
        if room.conference.type == "connect":
            self._scope.spawn(f"company {room_id}", self._await_company(hub, room))

    def _detach(self, node: UUID, room_id: UUID) -> None:
        """Disconnect a satellite, and release what it has not released itself."""
        if hub := self._hubs.get(room_id):
            seats = [far.seat for far in hub.seats(node)]
            hub.detach(node)
            if not hub.nodes:
                self._close(room_id)
            for seat in seats:
                self._scope.spawn(f"leave {seat.id}", self._serving.participants.leave(seat))

    def _close(self, room_id: UUID) -> None:
        if hub := self._hubs.pop(room_id, None):
            hub.close()

    async def _await_company(self, hub: Hub, room: Room) -> None:
        with suppress(Interrupted):
            await unless([room.over], _wait(room.company))
            hub.send_all(CompanyCame(room.conference.id))

    def _far(self, link: Link, room: UUID, seat: UUID) -> FarSeat | None:
        hub = self._hubs.get(room)
        return hub.seat(link.peer.id, seat) if hub else None

    def _on_leg(self, far: FarSeat, message: Held | Act | Pressed | Played | Wrote | Moving) -> None:
        match message:
            case Held():
                far.port.set_on_hold(message.on, heard=True)  # it is muted at its own node
                kind = HoldStarted if message.on else HoldEnded
                self._serving.on_event(kind(far.port.id, 0))
            case Act():
                far.press(message.action)
            case Pressed():
                self._serving.keypad.relay(far.seat, message.digits)
            case Played():
                far.port.on_played(message)
            case Wrote():
                self._serving.on_text(far.seat, message.text, message.name)
            case Moving():
                seat = self._serving.rooms.find_seat(ConferencecallId(message.target_seat))
                if not far.port.on_moving(message.target_seat) and seat and not seat.dismissed.done():
                    seat.dismiss()  # it is not awaited any more

    def _begin(self, link: Link, message: Admit | Connect | Leave, work: Awaitable[Message]) -> None:
        self._scope.spawn(f"{type(message).__name__} {message.request}", _answer(link, message, work))

    async def _admit(self, link: Link, asked: Admit) -> Message:
        hub = self._hubs.get(asked.room)
        if hub is None or len(self._scope) > _MAX_REQUESTS:
            return Refused(asked.room, asked.request, unavailable=True)
        port = hub.reserve(link, FarLeg(asked.room, asked.call, asked.leg, asked.name, asked.transport))
        try:
            seat = await self._serving.participants.admit(
                ConferenceId(asked.room),
                CallId(asked.call),
                port,
                Role(asked.role),
                asked.activeflow,
                Entry(asked.muted, asked.answered),
            )
        except BaseException:
            port.close()
            raise
        if seat is None:
            port.close()
            return Refused(asked.room, asked.request, unavailable=False)
        far = FarSeat(seat, port, self._serving.keypad.performer(seat))
        if link.broken.done() or link.peer.id not in hub.nodes:
            await self._serving.participants.leave(seat)
            port.close()
            raise LinkBroken("the satellite has gone")
        hub.take(link.peer.id, far)
        link.send(Seated(asked.room, asked.request, seat.id, port.talker, seat.role))
        port.name_seat(seat.id)
        self._follow(link, asked.room, far)
        if seat.company.is_set():
            link.send(CompanyCame(asked.room))
        return Answered(asked.room, asked.request, done=True)

    def _follow(self, link: Link, room: UUID, far: FarSeat) -> None:
        """Send the satellite when its participant must leave."""
        seat = far.seat
        seat.dismissed.add_done_callback(lambda _: send(link, _dismissal(room, seat)))

    async def _connect(self, link: Link, asked: Connect) -> Message:
        far = self._far(link, asked.room, asked.seat)
        done = far is not None and (far.seat.joined or await self._serving.participants.connect(far.seat))
        if far and not done:
            self._scope.spawn(f"hold {asked.seat}", _await_admission(link, asked.room, far.seat))
        return Answered(asked.room, asked.request, done)

    async def _leave(self, link: Link, asked: Leave, hub: Hub | None, far: FarSeat | None) -> Message:
        if hub and far:
            await self._release(hub, link.peer.id, far)
        return Answered(asked.room, asked.request, done=True)

    async def _release(self, hub: Hub, node: UUID, far: FarSeat) -> None:
        try:
            await self._serving.participants.leave(far.seat)
        finally:
            hub.release(node, far.seat.id)

    def _lose(self, room: UUID, hub: Hub, node: UUID) -> None:
        seats = len(hub.seats(node))
        log.warning("satellite lost", node_id=str(node), conference_id=str(room), seats=seats)
        self._detach(node, room)


async def _answer(link: Link, asked: Admit | Connect | Leave, work: Awaitable[Message]) -> None:
    """Answer a request, also one that fails: the call at the other node waits for that."""
    refused = Refused(asked.room, asked.request, unavailable=True)
    failed = Answered(asked.room, asked.request, done=False, unavailable=True)
    answer: Message = refused if isinstance(asked, Admit) else failed
    try:
        answer = await work
    except MixMinusError as error:
        log.info("not done for a satellite", node_id=str(link.peer.id), reason=error.reason)
    finally:
        send(link, answer)


async def _await_admission(link: Link, room: UUID, seat: Seat) -> None:
    """Send a satellite when a seat that waits in the lobby may join."""
    with suppress(Interrupted):
        await unless([seat.dismissed, seat.left, link.broken], _wait(seat.may_join))
        send(link, MayJoin(room, seat.id))


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


def _dismissal(room: UUID, seat: Seat) -> Dismiss:
    return Dismiss(room, seat.id, refused=seat.refused, room_closed=seat.room_closed)


def send(link: Link, message: Message) -> None:
    """Send a message, unless the link has ended."""
    with suppress(LinkBroken):  # its seats are released
        link.send(message)
