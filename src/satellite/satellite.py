"""Satellite: this node's legs in rooms of other homes: a link for each home, a branch for each room.

flow -> Seating -> Satellite ── Admit Connect Leave ──> home
                   Branch    <─ what the home decides ─
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final
from uuid import UUID

from mixminus.call.live import LiveCall
from mixminus.clock import Clock
from mixminus.cluster.leg_messages import Held, Measured, Wrote
from mixminus.cluster.link import Link, LinkBroken, Socket
from mixminus.cluster.messages import (
    Admit,
    Answered,
    Closed,
    Connect,
    HeldSeat,
    Leave,
    Message,
    Refused,
    Seated,
)
from mixminus.cluster.peers import Peer
from mixminus.conference.room import Seat
from mixminus.conference.seats_here import SeatsHere
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.mixer import EngineEvent, HoldEnded, HoldStarted, PortClosed
from mixminus.model.ids import CallId
from mixminus.model.menu import MenuAction
from mixminus.satellite.branch import Branch
from mixminus.satellite.legs import LegMessage, Legs, Means, quality_of
from mixminus.tasks import Interrupted, TaskScope, unless

__all__ = ["NotSeated", "Satellite"]

log = get("cluster")

_MEASURE_S: Final = 1.0
_TAKEN_OVER_S: Final = 15.0
"""A room's next home waits a few seconds for all survivors before it answers the first."""


class NotSeated(Unavailable):
    """The room's home gives no seat now: it does not answer, or cannot write."""

    reason = "ROOM_ELSEWHERE"


@dataclass(slots=True, eq=False)
class _Request:
    """A request that the home has not answered yet."""

    link: Link
    answer: asyncio.Future[Message]
    make: Callable[[Seated], Seat] | None = None
    """Makes the seat, of a request for one."""
    seat: Seat | None = None
    branch: Branch | None = None


@dataclass(slots=True)
class _Home:
    """Another node in whose rooms this one has legs."""

    opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    link: Link | None = None


class Satellite:
    """Asks homes for seats, and does what they decide."""

    def __init__(
        self,
        here: UUID,
        clock: Clock,
        means: Means,
        counters: Counter[str],
        *,
        on_orphan: Callable[[Branch], Coroutine[Any, Any, None]],
        seats_here: SeatsHere,
    ) -> None:
        """``on_orphan`` finds another home for a room whose home is lost; it calls ``attach``, ``hand_over`` or ``give_up``.

        ``seats_here`` has the number of seats that a room may have at this node.
        """
        self._here = here
        self._seats_here = seats_here
        self._clock = clock
        self._means = means
        self._counters = counters
        self._on_orphan = on_orphan
        self._connect: Callable[[Peer], Awaitable[Socket]] | None = None
        self._homes: dict[UUID, _Home] = {}
        """Of all nodes that were one; an id is of one start of a server."""
        self._branches: dict[UUID, Branch] = {}
        self._branch_of: dict[UUID, Branch] = {}
        """By seat."""
        self._requests: dict[int, _Request] = {}
        self._numbers = count(1)
        self._scope = TaskScope(task_failed("cluster"))
        self._legs = Legs(means, self._scope)
        self._measuring = False

    def __len__(self) -> int:
        return len(self._branch_of)

    def open(self, connect: Callable[[Peer], Awaitable[Socket]]) -> None:
        """Set what opens a WebSocket to another node."""
        self._connect = connect

    async def close(self) -> None:
        """End all links: everybody here leaves the rooms of other nodes. Closing twice is harmless."""
        self._connect = None
        for home in self._homes.values():
            if home.link:
                home.link.end()
        await self._scope.close()

    def seats_of(self, room: UUID) -> int:
        """Return how many calls here are in a room of another node, or wait for a seat in it."""
        branch = self._branches.get(room)
        if branch is None:
            return 0
        asking = (each for each in self._requests.values() if each.branch is branch and each.seat is None)
        return len(branch.seats) + sum(1 for _ in asking)

    def has(self, seat: Seat) -> bool:
        """Return whether a seat is in a room of another node."""
        return seat.id in self._branch_of

    async def admit(
        self, peer: Peer, asked: Callable[[int], Admit], make: Callable[[Seated, asyncio.Event], Seat]
    ) -> Seat | None:
        """Return a seat in a room of another node; None if the room does not admit the call, NotSeated if it cannot now.

        Raises SeatsTaken above the seats that a room may have at a node.
        """
        link = await self.link(peer)
        number = next(self._numbers)
        message = asked(number)
        self._seats_here.check(self.seats_of(message.room))
        branch = self._branch(message.room, link)
        branch.entering += 1
        request = _Request(link, _future(), lambda seated: make(seated, branch.company), branch=branch)
        answer = await self._ask(number, message, request)
        if isinstance(answer, Refused):
            if answer.unavailable:
                raise NotSeated("the room's home gives no seat now; call again")
            return None
        return request.seat

    async def connect(self, seat: Seat) -> bool:
        """Ask that a seat's audio be connected; False if it was removed, or must wait."""
        branch = self._branch_of[seat.id]
        if seat.dismissed.done():
            return False
        seat.may_join.clear()
        number = next(self._numbers)
        asked = Connect(branch.room, number, seat.id)
        answer = await self._ask(number, asked, _Request(branch.link, _future()))
        if isinstance(answer, Answered) and answer.unavailable:
            raise NotSeated("the room's home cannot connect the participant now")
        return isinstance(answer, Answered) and answer.done

    async def leave(self, seat: Seat) -> None:
        """Release a seat; one whose home does not answer is released there when the home notices."""
        branch = self._branch_of.pop(seat.id)
        number = next(self._numbers)
        asked = Leave(branch.room, number, seat.id)
        try:
            branch.release(seat)
        finally:
            with suppress(LinkBroken):
                await self._ask(number, asked, _Request(branch.link, _future()))
        self._close_if_idle(branch)

    def menu_of(self, seat: Seat) -> Mapping[str, MenuAction]:
        """Return what keys do in a participant's room, as its home has last said."""
        branch = self._branch_of.get(seat.id)
        return seat.conference.settings.dtmf_menu if branch is None or branch.menu is None else branch.menu

    def seat_of_call(self, call_id: CallId) -> Seat | None:
        """Return the seat in which a call is connected to a room of another node."""
        seats = (branch.seats.get(seat_id) for seat_id, branch in self._branch_of.items())
        return next((seat for seat in seats if seat and seat.joined and seat.call_id == call_id), None)

    def write(self, live: LiveCall, text: str) -> bool:
        """Let a call's phone write a text in its room; False if it is in none of another node."""
        if (seat := self.seat_of_call(live.id)) is None:
            return False
        self.report(seat, lambda room: Wrote(room, seat.id, text, live.shown_name))
        return True

    def report(self, seat: Seat, make: Callable[[UUID], Message]) -> None:
        """Send a message about a seat to its home, if it answers; ``make`` gets the room's id."""
        if branch := self._branch_of.get(seat.id):
            with suppress(LinkBroken):
                branch.link.send(make(branch.room))

    def on_engine_event(self, event: EngineEvent) -> None:
        """Report to the home that a phone has put its call on hold, or has ended it."""
        if isinstance(event, HoldStarted | HoldEnded):
            for branch in self._branches.values():
                for seat in branch.seats.values():
                    if seat.port.id == event.port_id:
                        on, seat_id = isinstance(event, HoldStarted), seat.id
                        self.report(seat, lambda room: Held(room, seat_id, on))  # noqa: B023 -- called at once

    async def settled(self, room: UUID) -> None:
        """Wait until a room that has legs here has a home."""
        if branch := self._branches.get(room):
            if branch.link.broken.done():
                self._lose(branch.link)
            await branch.settled.wait()

    async def attach(self, branch: Branch, peer: Peer) -> None:
        """Attach a branch to the next home of its room, and wait until that has taken it over, or is lost too.

        Raises NodeUnreachable, LinkBroken and TimeoutError.
        """
        async with asyncio.timeout(_TAKEN_OVER_S):
            link = await self.link(peer)
            branch.attach(link, self._held)
            with suppress(Interrupted):
                await unless([link.broken], _wait(branch.settled))

    def hand_over(self, branch: Branch) -> list[Seat]:
        """Forget a branch, and return its seats: this node is the home of the room now."""
        self._branches.pop(branch.room, None)
        for seat_id in branch.seats:
            self._branch_of.pop(seat_id, None)
        return branch.hand_over()

    def give_up(self, branch: Branch) -> None:
        """Close a branch that has no home: everybody here leaves the room."""
        if self._branches.get(branch.room) is branch:
            log.warning("room lost", conference_id=str(branch.room), seats=len(branch.seats))
            self._close(branch)

    async def link(self, peer: Peer) -> Link:
        """Return the link to a home; open one if there is none."""
        home = self._homes.setdefault(peer.id, _Home())
        async with home.opening:
            if home.link is None or home.link.broken.done():
                if self._connect is None:
                    raise NotSeated("this server is stopping, or starting")
                home.link = Link(await self._connect(peer), peer, self._counters)
                self._counters["cluster.links_opened"] += 1
                self._scope.spawn(f"link {peer.id}", self._run(home.link))
            return home.link

    async def _run(self, link: Link) -> None:
        await link.run(lambda message: self._on_message(link, message), lambda: self._lose(link))

    def _lose(self, link: Link) -> None:
        for number, request in tuple(self._requests.items()):
            if request.link is link:
                self._end(number)
                if request.branch and request.seat:  # the call that asked for it does not get it
                    self._branch_of.pop(request.seat.id, None)
                    request.branch.release(request.seat)
                if not request.answer.done():
                    request.answer.set_exception(LinkBroken(f"node {link.peer.id} does not answer"))
        for branch in tuple(self._branches.values()):
            if branch.link is link and not branch.is_orphan:
                log.warning("home lost", node_id=str(link.peer.id), conference_id=str(branch.room))
                if branch.seats and self._connect is not None:
                    branch.orphan()
                    for seat in branch.seats.values():
                        self._legs.silence(seat)
                    self._scope.spawn(f"orphan {branch.room}", self._on_orphan(branch))
                else:
                    self._close(branch)

    def _branch(self, room: UUID, link: Link) -> Branch:
        branch = self._branches.get(room)
        if branch and branch.link is not link:
            if not branch.settled.is_set():
                raise NotSeated("the room gets another home now; call again in some seconds")
            self._close(branch)  # the room has another home since, and no seat here is in it
            branch = None
        if branch is None:
            branch = Branch(room, self._here, link, self._means.engine, self._means.trunks)
            self._branches[room] = branch
            if not self._measuring:
                self._measuring = True
                self._scope.spawn("measure", self._measure())
        return branch

    def _close(self, branch: Branch) -> None:
        if self._branches.get(branch.room) is branch:
            del self._branches[branch.room]
        branch.close()

    def _close_if_idle(self, branch: Branch) -> None:
        if branch.idle and self._branches.get(branch.room) is branch:
            del self._branches[branch.room]
            branch.detach()

    async def _ask(self, number: int, message: Message, request: _Request) -> Message:
        self._requests[number] = request
        try:
            request.link.send(message)
        except LinkBroken:
            self._end(number)
            raise
        return await request.answer

    def _end(self, number: int) -> _Request | None:
        request = self._requests.pop(number, None)
        if request and request.branch:
            request.branch.entering -= 1
        return request

    def _on_message(self, link: Link, message: Message) -> None:
        match message:
            case Seated():
                self._on_seated(link, message)
            case Refused() | Answered():
                self._on_answer(message)
            case Closed():
                if (branch := self._branches.get(message.room)) and branch.link is link:
                    self._close(branch)
            case _:
                branch = self._branches.get(getattr(message, "room", self._here))
                if branch and branch.link is link:
                    self._on_branch(branch, message)

    def _on_branch(self, branch: Branch, message: Message) -> None:
        if isinstance(message, LegMessage):
            if seat := branch.seats.get(message.seat):
                self._legs.on_message(seat, message, branch.report)
        else:
            branch.on_message(message)
            self._close_if_idle(branch)

    def _on_seated(self, link: Link, seated: Seated) -> None:
        request = self._requests.get(seated.request)
        if request is None or request.make is None or request.branch is None or request.answer.done():
            link.send(Leave(seated.room, next(self._numbers), seated.seat))  # the call has not waited
            return
        request.seat = seat = request.make(seated)
        request.branch.take(seat, seated.number)
        self._branch_of[seat.id] = request.branch
        if self._branches.get(seated.room) is not request.branch:  # closed meanwhile
            seat.dismiss()

    def _on_answer(self, answer: Refused | Answered) -> None:
        request = self._end(answer.request)
        if request is None:
            return
        if not request.answer.done():
            request.answer.set_result(answer)
        if request.branch and request.seat is None:
            self._close_if_idle(request.branch)

    def _held(self, seat: Seat, number: int) -> HeldSeat | None:
        """Return what is said of a seat to the next home of its room; None for that of a call that ends."""
        if (live := self._means.live_calls.get(seat.call_id)) is None:
            return None
        return HeldSeat(
            seat.id, number, live.leg_id, live.shown_name, live.transport, seat.joined, seat.port.on_hold
        )

    async def _measure(self) -> None:
        """Send the homes each second what is measured of the legs here."""
        try:
            while self._branches:
                await self._clock.sleep(_MEASURE_S)
                for branch in tuple(self._branches.values()):
                    legs = tuple(quality_of(seat) for seat in branch.seats.values() if not seat.port.closed)
                    with suppress(LinkBroken, PortClosed):
                        branch.link.send(Measured(branch.room, legs))
        finally:
            self._measuring = False


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


def _future() -> asyncio.Future[Message]:
    return asyncio.get_running_loop().create_future()
