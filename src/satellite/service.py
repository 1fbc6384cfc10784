"""SatelliteService: a node's part of rooms over several nodes. The folder is read from here.

    Satellite     legs here, in rooms of other homes: a Branch for each room
    Home          legs at other nodes, in rooms of this home: a Hub for each room
    Succession    the next home of a room whose home is dead: one of its satellites (Heir)
    Mesh          a room's links between the engines of all its nodes, of both
    Seating       what the flows of calls see, wherever the room is

A server that is alone has none of it.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID

from mixminus.call.registry import LiveCalls
from mixminus.clock import Clock
from mixminus.cluster.alone import Cluster
from mixminus.cluster.link import Link, Socket
from mixminus.cluster.peers import Peer
from mixminus.conference.keypad import Keypad
from mixminus.conference.participants import ParticipantService
from mixminus.conference.room import Rooms
from mixminus.mixer import Engine, EngineEvent
from mixminus.satellite.heir import Aftermath, Heir
from mixminus.satellite.home import Home, Serving
from mixminus.satellite.leg_audio import LegAudio
from mixminus.satellite.mesh import Trunks
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
        aftermath: Aftermath,
    ) -> None:
        """``host``: where other nodes' trunks reach this one. ``on_hold`` takes holds of legs at other nodes."""
        self._counters: Counter[str] = Counter(dict.fromkeys(_COUNTERS, 0))
        here: UUID = cluster.node_id
        trunks = Trunks(engine, host)
        serving = Serving(rooms, participants, keypad, trunks, on_hold)
        self._home = Home(here, serving)
        self._satellite = Satellite(
            here,
            clock,
            LegAudio(engine, trunks, rooms.sounds, sounds),
            self._counters,
            live_calls=live_calls,
            on_orphan=lambda branch: succession.find(branch),  # noqa: PLW0108 -- made later
        )
        heir = Heir(
            store,
            clock,
            cluster,
            satellite=self._satellite,
            home=self._home,
            serving=serving,
            aftermath=aftermath,
            counters=self._counters,
        )
        succession = Succession(store, clock, cluster, satellite=self._satellite, home=self._home, heir=heir)
        self._served: set[Link] = set()
        self.seating = Seating(
            store,
            cluster,
            participants=participants,
            satellite=self._satellite,
            live_calls=live_calls,
        )
        self.keypad = KeypadOfNodes(keypad, self._satellite)

    @property
    def counters(self) -> Mapping[str, int]:
        return self._counters

    @property
    def seats(self) -> tuple[int, int]:
        """Return how many legs here are in rooms of other homes, and how many legs of other nodes are in rooms here."""
        return len(self._satellite), len(self._home)

    @property
    def stopping(self) -> bool:
        """Whether no link of a satellite is served any more."""
        return self._home.stopping

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

    async def close(self) -> None:
        """End all links; closing twice is harmless."""
        self.stop_serving()
        await self._satellite.close()
        await self._home.close()
