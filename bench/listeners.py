"""Measure what listeners by WHEP cost: ``python -m bench.listeners [LISTENERS] [TICKS]``.

Three talk by Opus under SRTP, as in ``bench.lockstep``; the listeners have ports that only send, on the browsers' one
socket, each with keys of its own. Only the CPU time of ticks is counted. The rooms with and without listeners, and the
floor, which sends as many datagrams of the same size, alternate, so that noise of other processes affects all.
"""

import argparse
import os
import secrets
import socket
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace

from bench.lockstep import KEY_BYTES, TALKERS, WARM_UP_TICKS, media_of
from bench.payloads import OPUS, Load
from bench.phones import Phones
from mixminus.mixer import Engine, EngineConfig
from mixminus.model.media import MediaDirection

TURN_TICKS = 10


@dataclass(frozen=True, slots=True)
class Room:
    """A room in an engine of its own."""

    engine: Engine
    phones: Phones
    ticks_us: list[float]

    def turn(self) -> None:
        """Run some ticks; the phones send before each."""
        for _ in range(TURN_TICKS):
            self.phones.step()
            begin = time.thread_time_ns()
            self.engine.tick()
            self.ticks_us.append((time.thread_time_ns() - begin) / 1000)


def open_room(stack: ExitStack, listeners: int, load: Load, sink: tuple[str, int]) -> Room:
    """Return a room with three talkers, and listeners that send to ``sink``."""
    key = secrets.token_bytes(KEY_BYTES)
    engine = stack.enter_context(Engine(EngineConfig(manual=True)))
    phones = Phones(TALKERS, TALKERS, load, key)
    bridge = engine.open_bridge()
    talkers = [engine.open_rtp_port() for _ in range(TALKERS)]
    for port, phone_port in zip(talkers, phones.ports, strict=True):
        port.configure(media_of(load, phone_port, key))
        port.join(bridge)
    mux = engine.open_mux("127.0.0.1", 0)
    for _ in range(listeners):
        media = media_of(load, sink[1], secrets.token_bytes(KEY_BYTES))
        port = mux.open_port()
        port.configure(
            replace(media, direction=MediaDirection.SENDONLY, rtcp_mux=True, level_extension_id=None)
        )
        port.join(bridge)
    phones.start([port.local_port for port in talkers])
    return Room(engine, phones, [])


def send_us(sock: socket.socket, sink: tuple[str, int], datagram: bytes, count: int) -> float:
    """CPU time of as many plain sends."""
    begin = time.thread_time_ns()
    for _ in range(count):
        sock.sendto(datagram, sink)
    return (time.thread_time_ns() - begin) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("listeners", nargs="?", type=int, default=200)
    parser.add_argument("ticks", nargs="?", type=int, default=1000)
    given = parser.parse_args()
    with ExitStack() as stack:
        receiver, sender = (
            stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(2)
        )
        receiver.bind(("127.0.0.1", 0))
        sink = receiver.getsockname()
        empty, full = (open_room(stack, count, OPUS, sink) for count in (0, given.listeners))
        floor: list[float] = []
        for _ in range(0, WARM_UP_TICKS + given.ticks, TURN_TICKS):
            empty.turn()
            full.turn()
            floor.append(send_us(sender, sink, bytes(OPUS.packet_bytes), given.listeners))
        counted = full.engine.counters()
    without, with_all = (statistics.median(each.ticks_us[WARM_UP_TICKS:]) for each in (empty, full))
    share = (with_all - without) / given.listeners
    plain = statistics.median(floor) / given.listeners
    print(
        f"{TALKERS} talkers: {without:.0f} us a tick; and {given.listeners} listeners: {with_all:.0f} us: "
        f"{share:.2f} us a listener, {share / plain:.2f} plain sends ({plain:.2f} us each); "
        f"load {os.getloadavg()[0]:.1f}"
    )
    print(f"frames encoded {counted['frames_encoded']}, packets that shared one {counted['frames_shared']}")


if __name__ == "__main__":
    main()
