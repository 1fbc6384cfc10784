"""SatelliteService: a node's part of rooms over several nodes. The folder is read from here.

    Satellite     legs here, in rooms of other homes: a Branch for each room
    Home          legs at other nodes, in rooms of this home: a Hub for each room
    Succession    the next home of a room whose home is dead: one of its satellites (Heir)
    Mesh          a room's links between the engines of all its nodes, of both
    Seating       what the flows of calls see, wherever the room is
    Places        which node takes an arrival, by the seats and loads of all

A server that is alone has none of it.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID

from mixminus.call.live import LiveCall
from mixminus.call.registry import LiveCalls
from mixminus.clock import Clock
from mixminus.cluster.alone import Cluster
from mixminus.cluster.leg_messages import MoveTo
from mixminus.cluster.link import Link, Socket
from mixminus.cluster.peers import Peer
from mixminus.conference.keypad import Keypad
from mixminus.conference.participants import ParticipantService
from mixminus.conference.room import Rooms, Seat
from mixminus.mixer import Engine, EngineEvent
from mixminus.model.ids import CallId
from mixminus.satellite.heir import Aftermath, Heir
from mixminus.satellite.home import Home, Serving
from mixminus.satellite.legs import Means
from mixminus.satellite.mesh import Trunks
from mixminus.satellite.mover import Mover
from mixminus.satellite.satellite import Satellite
from mixminus.satellite.seating import KeypadOfNodes, Seating
from mixminus.satellite.succession import Succession
from mixminus.sound.service import SoundService
from mixminus.store.database import Store

__all__ = ["SatelliteService"]

_COUNTERS: Final = (
    "cluster.links_opened",
    "cluster.links_ended",
    "cluster.links_overflowed",
    "cluster.messages_ignored",
    "cluster.rooms_inherited",
    "cluster.seats_kept",
)


class SatelliteService:
    """Serves the satellites of this node's rooms, and is one of other nodes'."""

    def __init__(  # noqa: PLR0913 -- the wiring names each
        self,
        store: Store,
        clock: Clock,
        engine: Engine,
        cluster: Cluster,
        *,
        host: str,
        rooms: Rooms,
        live_calls: LiveCalls,
        participants: ParticipantService,
        keypad: Keypad,
        sounds: SoundService,
        on_hold: Callable[[EngineEvent], None],
        on_text: Callable[[Seat, str, str], None],
        aftermath: Aftermath,
    ) -> None:
        """``host``: where other nodes' trunks reach this one. ``on_hold``, ``on_text``: see ``Serving``."""
        self._counters: Counter[str] = Counter(dict.fromkeys(_COUNTERS, 0))
        trunks = Trunks(engine, host)
        serving = Serving(rooms, participants, keypad, trunks, on_hold, on_text)
        self._home = home = Home(cluster.node_id, serving)
        self._satellite = satellite = Satellite(
            cluster.node_id,
            clock,
            Means(engine, trunks, rooms.sounds, sounds, live_calls, self._move),
            self._counters,
            seats_here=rooms.here,
            on_orphan=lambda branch: succession.find(branch),  # noqa: PLW0108 -- made later
        )
        heir = Heir(
            store,
            clock,
            cluster,
            satellite=satellite,
            home=home,
            serving=serving,
            aftermath=aftermath,
            counters=self._counters,
        )
        succession = Succession(store, clock, cluster, satellite=satellite, home=home, heir=heir)
        self._served: set[Link] = set()
        self.seating = Seating(
            store, cluster, participants=participants, satellite=satellite, live_calls=live_calls
        )
        self.keypad = KeypadOfNodes(keypad, satellite)
        self._mover = Mover(self.seating, live_calls)
        self._rooms = rooms

    @property
    def counters(self) -> Mapping[str, int]:
        return self._counters

    @property
    def seats(self) -> tuple[int, int]:
        """Return how many legs here are in rooms of other homes, and how many legs of other nodes are in rooms here."""
        return len(self._satellite), len(self._home)

    def seat_of_call(self, call_id: CallId) -> Seat | None:
        """Return the seat in which a call of this node is connected, wherever its room is at home."""
        return self._rooms.seat_of_call(call_id) or self._satellite.seat_of_call(call_id)

    def write(self, live: LiveCall, text: str) -> bool:
        """Let a call's phone write a text in its room; False if it is in none of another node."""
        return self._satellite.write(live, text)

    @property
    def stopping(self) -> bool:
        """Whether no link of a satellite is served any more."""
        return self._home.stopping

    def seats_of(self, room: UUID) -> int:
        """Return how many calls here are in a room of another node, or wait for a seat in it."""
        return self._satellite.seats_of(room)

    def open(self, connect: Callable[[Peer], Awaitable[Socket]]) -> None:
        """Set what opens a WebSocket to another node."""
        self._satellite.open(connect)

    async def serve(self, socket: Socket, peer: Peer) -> None:
        """Serve a link that another node has opened, until it ends."""
        link = Link(socket, peer, self._counters)
        self._served.add(link)
        try:
            await link.run(
                lambda message: self._home.on_message(link, message), lambda: self._home.lose(link)
            )
        finally:
            self._served.discard(link)

    def on_engine_event(self, event: EngineEvent) -> None:
        """Report holds to homes."""
        self._satellite.on_engine_event(event)

    def stop_serving(self) -> None:
        """End the links of satellites, and take no others: they take over this node's rooms that they have legs in."""
        self._home.stop()
        for link in tuple(self._served):
            link.end()

    async def _move(self, seat: Seat, asked: MoveTo) -> UUID:
        return await self._mover.take(seat, asked)

    async def close(self) -> None:
        """End all links; closing twice is harmless."""
        self.stop_serving()
        await self._mover.close()
        await self._satellite.close()
        await self._home.close()
