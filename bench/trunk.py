"""Measure trunks between engines: ``python -m bench.trunk [LANES] [TICKS]``.

The cost of a lane: CPU time of a tick in which so many talkers of another engine are heard, less that of a
bridge with a listener only, for each lane. No time passes between two ticks. The reference is the same audio on RTP ports (L16, SRTP
AES-128-GCM, a socket each) of the same engine, in turns. Then the same for what is sent to each other engine.

The delay: two engines with threads, started at random phases. A voice whose frames are numbered is heard by a
listener in its own engine and by one in the other; the difference is what the trunk adds. The reference is a tick.
"""

import argparse
import random
import secrets
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mixminus.mixer import (
    Codec,
    CodecFormat,
    Engine,
    EngineConfig,
    MediaDirection,
    PcmPort,
    PortMedia,
    SrtpKeys,
    SrtpProfile,
)

LOOPBACK = "127.0.0.1"
TICK_MS = 20
WARM_UP_TICKS = 50
TURN_TICKS = 10
AMPLITUDE = 300
PHASES = 40
PHASE_S = 1.2
# The voice's frames have these values, one after the other.
FIRST_VALUE, VALUES = 1000, 4000


@dataclass
class Talkers:
    """PCM ports that always speak."""

    ports: list[PcmPort]
    rate_hz: int
    frames: npt.NDArray[np.int16] = field(init=False)

    def __post_init__(self) -> None:
        shape = (len(self.ports), self.rate_hz * TICK_MS // 1000)
        self.frames = np.random.default_rng(1).integers(-AMPLITUDE, AMPLITUDE, shape).astype(np.int16)

    def speak(self) -> None:
        for port, frame in zip(self.ports, self.frames, strict=True):
            port.write(frame)


def cpu_us(act: Callable[[], None]) -> float:
    """Return the CPU time of an act."""
    begin = time.thread_time_ns()
    act()
    return (time.thread_time_ns() - begin) / 1000


class Side:
    """A manual engine with a bridge that mixes every talker, and a listener."""

    def __init__(self, stack: ExitStack, rate_hz: int) -> None:
        self.engine = stack.enter_context(Engine(EngineConfig(manual=True)))
        self.bridge = self.engine.open_bridge(max_talkers=0)
        self.rate_hz = rate_hz
        self.listener = self.seat()
        self.listener.set_muted(True)

    def seat(self) -> PcmPort:
        port = self.engine.open_pcm_port(self.rate_hz)
        port.join(self.bridge)
        return port

    def tick(self) -> None:
        self.engine.tick()


@dataclass(frozen=True)
class Cost:
    """CPU time of ticks, in us."""

    speaking: list[float]
    silent: list[float]

    def of_each(self, count: int) -> float:
        return (statistics.median(self.speaking) - statistics.median(self.silent)) / count


class OverTrunk:
    """Talkers of one engine that are heard in another by lanes."""

    def __init__(self, stack: ExitStack, lanes: int, rate_hz: int) -> None:
        self.here, self.there = Side(stack, rate_hz), Side(stack, rate_hz)
        links = [
            side.engine.open_trunk(LOOPBACK, lanes=lanes).open_link(side.bridge)
            for side in (self.here, self.there)
        ]
        links[0].connect(links[1].offer)
        links[1].connect(links[0].offer)
        self.talkers = Talkers([self.here.seat() for _ in range(lanes)], rate_hz)
        for number, port in enumerate(self.talkers.ports):
            links[0].carry(port, number)
            links[1].expect(number)


class OverPorts:
    """The same audio from RTP ports to RTP ports: each talker alone on a bridge, with a port that sends."""

    def __init__(self, stack: ExitStack, lanes: int, rate_hz: int) -> None:
        self.here, self.there = Side(stack, rate_hz), Side(stack, rate_hz)
        wire = CodecFormat(Codec.L16, 96, rate_hz, rate_hz)
        key = secrets.token_bytes(28)
        keys = SrtpKeys(SrtpProfile.AEAD_AES_128_GCM, rx_key=key, tx_key=key)
        voices = []
        for _ in range(lanes):
            bridge = self.here.engine.open_bridge(max_talkers=0)
            voices.append(self.here.engine.open_pcm_port(rate_hz))
            voices[-1].join(bridge)
            sender, receiver = self.here.engine.open_rtp_port(), self.there.engine.open_rtp_port()
            for port, other, direction in (
                (sender, receiver, MediaDirection.SENDONLY),
                (receiver, sender, MediaDirection.RECVONLY),
            ):
                remote = (LOOPBACK, other.local_port)
                port.configure(
                    PortMedia((wire,), wire, direction=direction, remote=remote, srtp=keys, rtcp_mux=True)
                )
            sender.join(bridge)
            receiver.join(self.there.bridge)
        self.talkers = Talkers(voices, rate_hz)


def run(over: OverTrunk | OverPorts, ticks: int) -> list[float]:
    """Return the CPU time of the receiving engine's ticks."""
    taken = []
    for _ in range(ticks):
        over.talkers.speak()
        over.here.tick()
        taken.append(cpu_us(over.there.tick))
    over.there.listener.read()
    return taken


def receiving(lanes: int, ticks: int, rate_hz: int) -> tuple[Cost, Cost | None]:
    """Measure lanes, and ports where a packet of L16 is short enough for one."""
    costs: list[Cost] = []
    with ExitStack() as stack:
        kinds: list[OverTrunk | OverPorts] = [OverTrunk(stack, lanes, rate_hz)]
        if rate_hz <= 32_000:
            kinds.append(OverPorts(stack, lanes, rate_hz))
        alone = Side(stack, rate_hz)
        silent: list[float] = []
        speaking: list[list[float]] = [[] for _ in kinds]
        for _ in range(0, ticks + WARM_UP_TICKS, TURN_TICKS):
            silent += [cpu_us(alone.tick) for _ in range(TURN_TICKS)]
            alone.listener.read()
            for kind, taken in zip(kinds, speaking, strict=True):
                taken.extend(run(kind, TURN_TICKS))
        costs = [Cost(each[WARM_UP_TICKS:], silent[WARM_UP_TICKS:]) for each in speaking]
    return costs[0], costs[1] if len(costs) > 1 else None


def sending(talkers: int, ticks: int, rate_hz: int, links: int) -> Cost:
    """Measure what each other engine adds to the tick of the talkers' engine."""
    taken: dict[bool, list[float]] = {}
    for linked in (False, True):
        with ExitStack() as stack:
            here = Side(stack, rate_hz)
            speakers = Talkers([here.seat() for _ in range(talkers)], rate_hz)
            trunk = here.engine.open_trunk(LOOPBACK)
            for _ in range(links if linked else 0):
                there = Side(stack, rate_hz)
                link, far = (
                    trunk.open_link(here.bridge),
                    there.engine.open_trunk(LOOPBACK).open_link(there.bridge),
                )
                link.connect(far.offer)
                for number, port in enumerate(speakers.ports):
                    link.carry(port, number)
            taken[linked] = []
            for _ in range(ticks + WARM_UP_TICKS):
                speakers.speak()
                taken[linked].append(cpu_us(here.tick))
                here.listener.read()
    return Cost(taken[True][WARM_UP_TICKS:], taken[False][WARM_UP_TICKS:])


class Ear:
    """When each numbered frame was first heard."""

    def __init__(self, port: PcmPort) -> None:
        self._port = port
        self.at_s: dict[int, float] = {}

    def poll(self) -> None:
        now = time.monotonic()
        heard = self._port.read()
        frame = self._port.sample_rate_hz * TICK_MS // 1000
        for value in heard[frame // 2 :: frame].tolist():
            self.at_s.setdefault(value, now)


def delays_ms(rate_hz: int) -> list[float]:
    """Return how much later each frame is heard in the other engine, for one phase of the two."""
    with Engine() as here, Engine() as there:
        ends = [
            (engine.open_bridge(), engine.open_trunk(LOOPBACK), engine.open_pcm_port(rate_hz))
            for engine in (here, there)
        ]
        links = [trunk.open_link(bridge) for bridge, trunk, _ in ends]
        links[0].connect(links[1].offer)
        links[1].connect(links[0].offer)
        for bridge, _, port in ends:
            port.join(bridge)
        voice = here.open_pcm_port(rate_hz)
        voice.join(ends[0][0])
        links[0].carry(voice, 0)
        links[1].expect(0)
        frame = rate_hz * TICK_MS // 1000
        voice.write(np.repeat(np.arange(FIRST_VALUE, FIRST_VALUE + VALUES, 10), frame).astype(np.int16))
        here.start()
        time.sleep(random.random() * TICK_MS / 1000)
        there.start()
        ears = [Ear(port) for _, _, port in ends]
        until = time.monotonic() + PHASE_S
        while time.monotonic() < until:
            for ear in ears:
                ear.poll()
            time.sleep(0.0003)
    both = sorted(set(ears[0].at_s) & set(ears[1].at_s))[10:]
    return [(ears[1].at_s[value] - ears[0].at_s[value]) * 1000 for value in both if value >= FIRST_VALUE]


def report_delay(phases: int, rate_hz: int) -> str:
    medians = [statistics.median(delays_ms(rate_hz)) for _ in range(phases)]
    p95 = statistics.quantiles(medians, n=20)[-1]
    mean = statistics.mean(medians)
    return (
        f"delay added, {rate_hz // 1000} kHz, {phases} phases: mean {mean:.1f} ms ({mean / TICK_MS:.2f} ticks), "
        f"p95 {p95:.1f} ms ({p95 / TICK_MS:.2f} ticks), {min(medians):.1f} to {max(medians):.1f}"
    )


def main() -> None:
    """Measure cost and delay, and print them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lanes", nargs="?", type=int, default=32)
    parser.add_argument("ticks", nargs="?", type=int, default=400)
    parser.add_argument("--phases", type=int, default=PHASES)
    arguments = parser.parse_args()
    for rate_hz in (8000, 16_000, 48_000):
        lane, port = receiving(arguments.lanes, arguments.ticks, rate_hz)
        lane_us = lane.of_each(arguments.lanes)
        beside = ""
        if port:
            port_us = port.of_each(arguments.lanes)
            beside = f", an RTP port {port_us:.2f} us: lane / port {lane_us / port_us:.2f}"
        print(
            f"{rate_hz // 1000} kHz, {arguments.lanes} talkers: a lane {lane_us:.2f} us a tick{beside}",
            flush=True,
        )
        sent = sending(8, arguments.ticks, rate_hz, links=3).of_each(8 * 3)
        print(
            f"{rate_hz // 1000} kHz: a talker to another engine {sent:.2f} us a tick, {sent / lane_us:.2f} lanes"
        )
    if arguments.phases:
        print(report_delay(arguments.phases, 16_000), flush=True)


if __name__ == "__main__":
    main()
