"""A UDP relay with loss, delay, jitter, reordering and duplicates, in a thread of its own.

Every decision comes from a seeded generator, so that a run can be repeated.
"""

import heapq
import random
import selectors
import socket
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

Address = tuple[str, int]
_DATAGRAM_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Impairment:
    """What the relay does to packets."""

    loss: float = 0.0
    jitter_s: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    """Share of packets that are delayed by 30 ms, so that later ones overtake them."""
    seed: int = 1


class LossyRelay:
    """Relays between one client and one far address; ``impairment`` affects the direction from the client."""

    def __init__(self, host: str, far: Address, impairment: Impairment) -> None:
        self._client_side = _socket(host)
        self._far_side = _socket(host)
        self._far = far
        self._client: Address | None = None
        self._impairment = impairment
        self._random = random.Random(impairment.seed)
        self._waiting: list[tuple[float, int, bytes]] = []
        self._count = 0
        self._cut = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lossy relay", daemon=True)
        self._thread.start()

    @property
    def address(self) -> Address:
        """Address to which the client sends."""
        host, port = self._client_side.getsockname()
        return (host, port)

    def cut(self) -> None:
        """Drop everything in both directions."""
        self._cut = True

    def restore(self) -> None:
        """Relay again after ``cut``."""
        self._cut = False

    def rebind(self) -> None:
        """Change the source port towards the far end, as a NAT does that lost its mapping."""
        host = self._far_side.getsockname()[0]
        self._far_side, old = _socket(host), self._far_side
        old.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._client_side.close()
        self._far_side.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._take_from_client()
            self._take_from_far()
            self._let_go()
            self._wait()

    def _wait(self) -> None:
        with selectors.DefaultSelector() as selector:
            for each in (self._client_side, self._far_side):
                selector.register(each, selectors.EVENT_READ)
            due = self._waiting[0][0] - time.monotonic() if self._waiting else 0.01
            selector.select(min(max(due, 0.0), 0.01))

    def _take_from_client(self) -> None:
        for datagram, sender in _drain(self._client_side):
            self._client = sender
            copies = 2 if self._random.random() < self._impairment.duplicate else 1
            for _ in range(copies):
                if self._random.random() >= self._impairment.loss:
                    self._hold(datagram)

    def _hold(self, datagram: bytes) -> None:
        delay_s = self._random.random() * self._impairment.jitter_s
        if self._random.random() < self._impairment.reorder:
            delay_s += 0.03
        self._count += 1
        heapq.heappush(self._waiting, (time.monotonic() + delay_s, self._count, datagram))

    def _take_from_far(self) -> None:
        for datagram, _ in _drain(self._far_side):
            if self._client and not self._cut:
                self._client_side.sendto(datagram, self._client)

    def _let_go(self) -> None:
        while self._waiting and self._waiting[0][0] <= time.monotonic():
            datagram = heapq.heappop(self._waiting)[2]
            if not self._cut:
                self._far_side.sendto(datagram, self._far)


def _socket(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    made.setblocking(False)
    return made


def _drain(source: socket.socket) -> list[tuple[bytes, Address]]:
    datagrams = []
    while True:
        try:
            datagrams.append(source.recvfrom(_DATAGRAM_BYTES))
        except OSError:
            return datagrams
