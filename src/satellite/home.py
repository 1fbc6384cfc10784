"""Home: gives the seats of the rooms that are here to the legs of other nodes, and takes them back.

For ``conference`` such a seat is one as any other; its port is a ``RemotePort``.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from mixminus.cluster.link import Link, LinkBroken
from mixminus.cluster.messages import (
    Act,
    Admit,
    Answered,
    Attach,
    Closed,
    CompanyCame,
    Connect,
    Detach,
    Dismiss,
    Held,
    Leave,
    MayJoin,
    Measured,
    Message,
    Offer,
    Pressed,
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
from mixminus.model.conference import Role
from mixminus.model.ids import CallId, ConferenceId
from mixminus.satellite.hub import FarSeat, Hub
from mixminus.satellite.mesh import Trunks
from mixminus.tasks import Interrupted, TaskScope, unless

__all__ = ["Home", "NotHere", "Serving"]

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


class NotHere(Unavailable):
    """A satellite asks for a room that is not at this node any more."""

    reason = "ROOM_ELSEWHERE"


class Home:
    """The satellites' requests about the rooms of this node."""

    def __init__(self, here: UUID, serving: Serving) -> None:
        self._here = here
        self._serving = serving
        self._hubs: dict[UUID, Hub] = {}
        self._scope = TaskScope(task_failed("cluster"))

    def __len__(self) -> int:
        return sum(len(hub.seats(node)) for hub in self._hubs.values() for node in hub.nodes)

    async def close(self) -> None:
        """Stop; closing twice is harmless."""
        await self._scope.close()
        for room in tuple(self._hubs):
            self._close(room)

    def on_message(self, link: Link, message: Message) -> None:
        """Begin what a satellite asks for, and return at once."""
        match message:
            case Attach():
                self._attach(link, message.room)
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
                self._begin(link, message, self._leave(link, message))
            case Measured():
                for leg in message.legs:
                    if far := self._far(link, message.room, leg.seat):
                        far.port.quality = leg
            case Held() | Act() | Pressed():
                if far := self._far(link, message.room, message.seat):
                    self._on_leg(far, message)

    def lose(self, link: Link) -> None:
        """Release all seats of a satellite that does not answer any more."""
        for room, hub in tuple(self._hubs.items()):
            if hub.link_of(link.peer.id) is link:
                self._lose(room, hub, link.peer.id)

    def _attach(self, link: Link, room_id: UUID) -> None:
        room = self._serving.rooms.find(ConferenceId(room_id))
        hub = self._hubs.get(room_id)
        if hub and hub.link_of(link.peer.id) not in (None, link):
            # Its earlier link has ended, which is not noticed here yet.
            self._lose(room_id, hub, link.peer.id)
        try:
            if room is None:
                raise NotHere(f"no room {room_id} at this node")
            (self._hubs.get(room_id) or self._open(room)).attach(link)
        except MixMinusError as error:
            log.warning("satellite refused", node_id=str(link.peer.id), cause=str(error))
            _send(link, Closed(room_id))
            if (hub := self._hubs.get(room_id)) and not hub.nodes:
                self._close(room_id)

    def _open(self, room: Room) -> Hub:
        room_id = room.conference.id
        trunk = self._serving.trunks.of(room.bridge)
        hub = self._hubs[room_id] = Hub(room, self._here, trunk, self._serving.rooms.seat_of)
        room.over.add_done_callback(lambda _: self._close(room_id))
        if room.conference.type == "connect":
            self._scope.spawn(f"company {room_id}", self._await_company(hub, room))
        return hub

    def _detach(self, node: UUID, room_id: UUID) -> None:
        if hub := self._hubs.get(room_id):
            hub.detach(node)
            if not hub.nodes:
                self._close(room_id)

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

    def _on_leg(self, far: FarSeat, message: Held | Act | Pressed) -> None:
        match message:
            case Held():
                far.port.set_on_hold(message.on, heard=True)  # it is muted at its own node
                kind = HoldStarted if message.on else HoldEnded
                self._serving.on_event(kind(far.port.id, 0))
            case Act():
                far.press(message.action)
            case Pressed():
                self._serving.keypad.relay(far.seat, message.digits)

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
        seat.dismissed.add_done_callback(lambda _: _send(link, _dismissal(asked.room, seat)))
        if seat.company.is_set():
            link.send(CompanyCame(asked.room))
        return Answered(asked.room, asked.request, done=True)

    async def _connect(self, link: Link, asked: Connect) -> Message:
        far = self._far(link, asked.room, asked.seat)
        done = far is not None and (far.seat.joined or await self._serving.participants.connect(far.seat))
        if far and not done:
            self._scope.spawn(f"hold {asked.seat}", _await_admission(link, asked.room, far.seat))
        return Answered(asked.room, asked.request, done)

    async def _leave(self, link: Link, asked: Leave) -> Message:
        if far := self._far(link, asked.room, asked.seat):
            await self._release(self._hubs[asked.room], link.peer.id, far)
        return Answered(asked.room, asked.request, done=True)

    async def _release(self, hub: Hub, node: UUID, far: FarSeat) -> None:
        try:
            await self._serving.participants.leave(far.seat)
        finally:
            hub.release(node, far.seat.id)

    def _lose(self, room: UUID, hub: Hub, node: UUID) -> None:
        seats = [far.seat for far in hub.seats(node)]
        log.warning("satellite lost", node_id=str(node), conference_id=str(room), seats=len(seats))
        self._detach(node, room)
        for seat in seats:
            self._scope.spawn(f"leave {seat.id}", self._serving.participants.leave(seat))


async def _answer(link: Link, asked: Admit | Connect | Leave, work: Awaitable[Message]) -> None:
    """Answer a request, also one that fails."""
    try:
        answer = await work
    except MixMinusError as error:
        log.info("not done for a satellite", node_id=str(link.peer.id), reason=error.reason)
        refused = Refused(asked.room, asked.request, unavailable=True)
        failed = Answered(asked.room, asked.request, done=False, unavailable=True)
        answer = refused if isinstance(asked, Admit) else failed
    _send(link, answer)


async def _await_admission(link: Link, room: UUID, seat: Seat) -> None:
    """Send a satellite when a seat that waits in the lobby may join."""
    with suppress(Interrupted):
        await unless([seat.dismissed, seat.left, link.broken], _wait(seat.may_join))
        _send(link, MayJoin(room, seat.id))


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


def _dismissal(room: UUID, seat: Seat) -> Dismiss:
    return Dismiss(room, seat.id, refused=seat.refused, room_closed=seat.room_closed)


def _send(link: Link, message: Message) -> None:
    with suppress(LinkBroken):  # its seats are released
        link.send(message)
