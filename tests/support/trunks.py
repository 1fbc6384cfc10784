"""Rooms over several engines that run in lockstep, and a wire between two of them that a test can cut."""

import socket
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from mixminus.mixer import (
    Bridge,
    BridgePort,
    Engine,
    EngineConfig,
    Ghost,
    PcmPort,
    Trunk,
    TrunkLink,
    TrunkOffer,
)

__all__ = ["Mesh", "Node", "Wire", "connect"]

Pcm = npt.NDArray[np.int16]
LOOPBACK = "127.0.0.1"


def connect(one: TrunkLink, other: TrunkLink) -> None:
    """Connect both ends of a link."""
    one.connect(other.offer)
    other.connect(one.offer)


class Node:
    """A manual engine with its bridge of the room and its trunk."""

    def __init__(self, *, max_talkers: int = 8, lanes: int = 64, ptime_ms: int = 20) -> None:
        self.engine = Engine(EngineConfig(manual=True, ptime_ms=ptime_ms))
        self.bridge: Bridge = self.engine.open_bridge(max_talkers=max_talkers)
        self.trunk: Trunk = self.engine.open_trunk(LOOPBACK, lanes=lanes)

    def open_link(self) -> TrunkLink:
        return self.trunk.open_link(self.bridge)

    def seat(self, rate_hz: int) -> PcmPort:
        port = self.engine.open_pcm_port(rate_hz)
        port.join(self.bridge)
        return port

    def tick(self, count: int = 1) -> None:
        self.engine.tick(count)

    def counted(self) -> dict[str, int]:
        """Return the counters that are not 0."""
        return {name: count for name, count in self.engine.counters().items() if count}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.engine.close()


class Mesh:
    """A room over engines that tick one after the other; each pair is linked, each seat is carried to all."""

    def __init__(self, nodes: int, *, max_talkers: int = 8) -> None:
        self.nodes = [Node(max_talkers=max_talkers) for _ in range(nodes)]
        self.seats: list[tuple[int, PcmPort]] = []
        self.links: dict[tuple[int, int], TrunkLink] = {}
        self._ghosts: dict[tuple[int, int], Ghost] = {}
        for here in range(nodes):
            for there in range(here):
                pair = self.nodes[here].open_link(), self.nodes[there].open_link()
                self.links[here, there], self.links[there, here] = pair
                connect(*pair)

    def seat(self, node: int, rate_hz: int) -> PcmPort:
        """Add a participant, whose number as a talker is its place in ``seats``."""
        talker = len(self.seats)
        port = self.nodes[node].seat(rate_hz)
        for there in range(len(self.nodes)):
            if there != node:
                self.links[node, there].carry(port, talker)
                self._ghosts[there, talker] = self.links[there, node].expect(talker)
        self.seats.append((node, port))
        return port

    def speaker(self, node: int, talker: int) -> BridgePort:
        """Return the place of a talker in an engine: its port, or its ghost."""
        home, port = self.seats[talker]
        return port if home == node else self._ghosts[node, talker]

    def delays(self) -> npt.NDArray[np.int64]:
        """Return the ticks from each speaker to each listener.

        An engine that ticks later receives in the same tick, an earlier one in the next; then a lane holds for one.
        """
        homes = [node for node, _ in self.seats]
        return np.array(
            [[0 if here == there else 1 if there < here else 2 for there in homes] for here in homes]
        )

    def tick(self, count: int = 1) -> None:
        for _ in range(count):
            for node in self.nodes:
                node.tick()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for node in self.nodes:
            node.engine.close()


class Wire:
    """Datagrams on their way to a link; nothing arrives unless the test passes it on."""

    def __init__(self, to: TrunkLink) -> None:
        self._to = (to.offer.host, to.offer.port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((LOOPBACK, 0))
        self._socket.setblocking(False)
        self.offer = TrunkOffer(LOOPBACK, self._socket.getsockname()[1], to.offer.tag, to.offer.key)
        """What the sender connects to instead of the link's own offer."""

    def take(self) -> list[bytes]:
        """Return what was sent since the last time."""
        taken = []
        while True:
            try:
                taken.append(self._socket.recv(2048))
            except BlockingIOError:
                return taken

    def put(self, datagrams: Iterable[bytes]) -> None:
        """Let these arrive."""
        for datagram in datagrams:
            self._socket.sendto(datagram, self._to)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
