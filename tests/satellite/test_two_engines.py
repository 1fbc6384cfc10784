"""A home and a satellite with an engine each, in one process and in lockstep: what is decided here is done there."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID, uuid4

import aiohttp
import pytest
from aiohttp import web

from mixminus.cluster.leg_messages import MoveTo
from mixminus.cluster.link import Link, Socket
from mixminus.cluster.messages import Admit, Detach, Leave, Message, Seated
from mixminus.cluster.peers import Peer
from mixminus.conference.room import Seat
from mixminus.conference.room_sounds import RoomSounds
from mixminus.conference.seats_here import SeatsHere
from mixminus.mixer import Engine, EngineConfig, PcmPort
from mixminus.model.conference import (
    Conference,
    ConferencecallStatus,
    ParticipantChange,
    Role,
    RoomSettings,
)
from mixminus.model.hears import Hears, HearsException
from mixminus.model.ids import NIL, CallId, ConferencecallId, new_id
from mixminus.satellite.branch import Branch
from mixminus.satellite.home import Home, Serving
from mixminus.satellite.legs import Means
from mixminus.satellite.mesh import Trunks
from mixminus.satellite.satellite import NotSeated, Satellite
from tests.support.backend import Backend, backend
from tests.support.netns import ADDRESS
from tests.support.signals import rms, tone
from tests.support.waiting import run_ready_tasks, until

__all__ = ["backend"]

LOOPBACK = "127.0.0.1"
RATE_HZ = 16_000
SILENT, AUDIBLE = 30.0, 1000.0


class Pair:
    """The home, which is ``backend``, and the satellite."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.engine = Engine(EngineConfig(manual=True))
        services = backend.services
        self.counters: Counter[str] = Counter()
        self.room_sounds = RoomSounds(self.engine, backend.clock)
        self.peer = Peer(uuid4(), "", "")
        """The home, as the satellite sees it."""
        self.home = Home(
            self.peer.id,
            Serving(
                services.rooms,
                services.participants,
                services.keypad,
                Trunks(backend.engine, LOOPBACK),
                services.holds.on_engine_event,
            ),
        )
        means = Means(
            self.engine,
            Trunks(self.engine, LOOPBACK),
            self.room_sounds,
            services.sounds,
            services.live_calls,
            self.move,
        )
        self.far_id = uuid4()
        self.satellite = Satellite(
            self.far_id,
            backend.clock,
            means,
            self.counters,
            on_orphan=self.give_up,
            seats_here=SeatsHere(),
        )
        self.served: list[Link] = []

    async def move(self, seat: Seat, asked: MoveTo) -> UUID:
        """Take no seat: no call is moved here."""
        assert seat.id == asked.seat
        return NIL

    async def give_up(self, branch: Branch) -> None:
        """Find no other home: here the home lives."""
        self.satellite.give_up(branch)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        link = Link(socket, Peer(self.far_id, "", ""), self.counters)
        self.served.append(link)
        await link.run(lambda message: self.home.on_message(link, message), lambda: self.home.lose(link))
        return socket

    async def admit(self, conference: Conference, *, muted: bool = False) -> tuple[Seat | None, PcmPort]:
        """Let a call at the satellite enter a room; return its seat and its port."""
        port, call_id = self.engine.open_pcm_port(RATE_HZ), CallId(new_id())

        def asked(request: int) -> Admit:
            return Admit(
                room=conference.id,
                request=request,
                call=call_id,
                activeflow=NIL,
                leg=uuid4(),
                name="far",
                transport="local",
                role=Role.PARTICIPANT,
                muted=muted,
                answered=True,
            )

        seat = await self.satellite.admit(
            self.peer,
            asked,
            lambda seated, company: _seat(seated, call_id, conference, port, company),
        )
        return seat, port

    def tick(self, count: int = 60) -> None:
        for _ in range(count):
            self.backend.tick()
            self.engine.tick()

    def heard(self, listener: PcmPort, speaker: PcmPort) -> float:
        """Return how loud one hears the other, after what is under way has come."""
        speaker.write(tone(500, RATE_HZ, RATE_HZ, 8000))
        self.tick(30)
        listener.read()
        self.tick(20)
        level = rms(listener.read())
        speaker.clear()
        self.tick(60)
        return level


def _seat(
    seated: Seated, call_id: CallId, conference: Conference, port: PcmPort, company: asyncio.Event
) -> Seat:
    return Seat(ConferencecallId(seated.seat), call_id, conference, port, company, Role(seated.role))


@pytest.fixture
async def pair(backend: Backend) -> AsyncIterator[Pair]:
    made = Pair(backend)
    async with AsyncExitStack() as stack:
        stack.callback(made.engine.close)
        stack.push_async_callback(made.room_sounds.close)
        app = web.Application()
        app.add_routes([web.get("/", made.serve)])
        runner = web.AppRunner(app, shutdown_timeout=1.0)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, ADDRESS, 0).start()
        host, port = runner.addresses[0][:2]
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def connect(_: Peer) -> Socket:
            return await session.ws_connect(f"http://{host}:{port}/")

        made.satellite.open(connect)
        stack.push_async_callback(made.home.close)
        stack.push_async_callback(made.satellite.close)
        yield made


@pytest.mark.parametrize("releases", [True, False], ids=["released before", "not released"])
async def test_a_seat_is_released_when_its_node_detaches_at_the_same_time(pair: Pair, releases: bool) -> None:
    room = await pair.backend.room()
    await pair.backend.join(room)
    seat, _ = await pair.admit(room)
    assert seat
    [link] = pair.served
    said: list[Message] = [Leave(room.id, 1_000, seat.id)] if releases else []
    async with pair.backend.services.rooms.lock(room.id):  # as while others join and leave
        for message in (*said, Detach(room.id)):
            pair.home.on_message(link, message)
        await run_ready_tasks()

    async def alone() -> bool:
        return len(await pair.backend.joined(room)) == 1

    await until(alone)


async def test_what_the_home_decides_is_done_at_the_satellite(pair: Pair) -> None:
    backend = pair.backend
    room = await backend.room()
    (near,) = await backend.join(room)
    seat, port = await pair.admit(room)
    assert seat
    assert seat.joined, "there is nothing to run before: it is connected at once"
    assert len(await backend.joined(room)) == 2
    assert pair.heard(near.port, port) > AUDIBLE
    assert pair.heard(port, near.port) > AUDIBLE
    assert pair.heard(port, port) < SILENT

    customer = backend.customer_id
    loud = pair.heard(near.port, port)
    await backend.participants.change(customer, seat.id, ParticipantChange(gain_db=-12.0))
    await until(lambda: pair.heard(near.port, port) < loud / 3)
    await backend.participants.change(customer, seat.id, ParticipantChange(muted=True, gain_db=0.0))
    await until(lambda: port.muted)
    assert pair.heard(near.port, port) < SILENT
    await backend.participants.change(customer, seat.id, ParticipantChange(muted=False, deaf=True))
    await until(lambda: port.deafened and not port.muted)
    assert pair.heard(near.port, port) > AUDIBLE
    assert pair.heard(port, near.port) < SILENT

    await backend.participants.kick(customer, seat.id)
    await until(seat.dismissed.done)
    assert port.bridge is None
    await pair.satellite.leave(seat)
    await backend.participant(seat.id, ConferencecallStatus.LEAVED)
    assert not (port.muted or port.deafened)
    await until(lambda: len(pair.home) == 0)


async def test_rules_of_who_hears_whom_hold_for_listeners_of_both(pair: Pair) -> None:
    backend = pair.backend
    room = await backend.room()
    (near,) = await backend.join(room)
    (near_id,) = await backend.joined(room)
    first, one = await pair.admit(room)
    second, two = await pair.admit(room)
    assert first
    assert second
    rules = Hears(
        (
            HearsException(first.id, second.id, None),
            HearsException(second.id, ConferencecallId(near_id), None),
            HearsException(ConferencecallId(near_id), first.id, None),
        )
    )
    await backend.hears.replace(backend.customer_id, room.id, rules)
    await until(lambda: pair.heard(one, two) < SILENT)
    await until(lambda: pair.heard(two, near.port) < SILENT)
    assert pair.heard(near.port, one) < SILENT
    assert pair.heard(two, one) > AUDIBLE
    assert pair.heard(one, near.port) > AUDIBLE
    assert pair.heard(near.port, two) > AUDIBLE
    await backend.hears.replace(backend.customer_id, room.id, Hears())
    await until(lambda: pair.heard(one, two) > AUDIBLE and pair.heard(two, near.port) > AUDIBLE)


async def test_what_one_may_hear_no_more_is_closed_everywhere_before_another_hears_it(pair: Pair) -> None:
    backend = pair.backend
    room = await backend.room()
    (near,) = await backend.join(room)
    (near_id,) = map(ConferencecallId, await backend.joined(room))
    first, one = await pair.admit(room)
    second, two = await pair.admit(room)
    assert first
    assert second
    secret_of = {
        listener: Hears((HearsException(listener, second.id, None),)) for listener in (near_id, first.id)
    }
    await backend.hears.replace(backend.customer_id, room.id, secret_of[near_id])
    assert pair.heard(near.port, two) < SILENT
    assert pair.heard(one, two) > AUDIBLE
    await backend.hears.replace(backend.customer_id, room.id, secret_of[first.id])
    # Nothing has come from the other node since: its listener may hear it still, so no other one does.
    assert pair.heard(near.port, two) < SILENT
    await until(lambda: pair.heard(near.port, two) > AUDIBLE)
    assert pair.heard(one, two) < SILENT
    await backend.hears.replace(backend.customer_id, room.id, secret_of[near_id])
    assert pair.heard(near.port, two) < SILENT
    await until(lambda: pair.heard(one, two) > AUDIBLE)


async def test_a_room_that_does_not_admit_and_one_that_is_not_there(pair: Pair) -> None:
    room = await pair.backend.room(settings=RoomSettings(locked=True))
    seat, _ = await pair.admit(room)
    assert seat is None
    assert await pair.backend.joined(room) == ()
    ended = await pair.backend.room()
    await pair.backend.conferences.delete(pair.backend.customer_id, ended.id)
    with pytest.raises(NotSeated):
        await pair.admit(ended)


@pytest.mark.parametrize("side", ["home", "satellite"])
async def test_when_the_link_ends_both_sides_release_the_seats(pair: Pair, side: str) -> None:
    backend = pair.backend
    room = await backend.room()
    (near,) = await backend.join(room)
    seat, port = await pair.admit(room)
    assert seat
    assert pair.heard(near.port, port) > AUDIBLE
    if side == "home":
        pair.served[0].end()
    else:
        await pair.satellite.close()
    await until(seat.dismissed.done)
    assert port.bridge is None
    await backend.participant(seat.id, ConferencecallStatus.LEAVED)
    assert len(await backend.joined(room)) == 1
    await pair.satellite.leave(seat)
    assert len(pair.home) == 0
    if side == "home":
        again, port = await pair.admit(room)
        assert again
        assert pair.heard(near.port, port) > AUDIBLE, "the next call opens another link"


async def test_a_participant_in_the_lobby_is_connected_when_it_is_admitted(pair: Pair) -> None:
    backend = pair.backend
    room = await backend.room(settings=RoomSettings(lobby=True))
    seat, port = await pair.admit(room)
    assert seat
    assert not await pair.satellite.connect(seat)
    assert not seat.may_join.is_set()
    await until(lambda: seat.sound is not None)  # music, which a port of PCM hears on a bridge only
    await backend.services.lobby.admit(backend.customer_id, seat.id)
    await seat.may_join.wait()
    assert await pair.satellite.connect(seat)
    assert port.bridge
    await until(lambda: seat.sound is None)
