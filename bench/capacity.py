"""Measure how many ports a core can serve: ``python -m bench.capacity [LEGS] [SECONDS]``.

One bridge, three talkers, the others listen and sends silence, 20 ms packets. The
engine's CPU time is a ratio to the floor: a minimal recvmmsg/sendmmsg loop that moves
packets of the same sizes over as many sockets, measured in the same run, alternating with the
engine, against the same generator. The generator process simulates the phones.
"""

import argparse
import os
import resource
import secrets
import statistics
import sys
from dataclasses import dataclass

from bench.payloads import OPUS, PCMU, Load
from bench.phones import Floor, Phones, Traffic
from mixminus.app.huge_pages import use_huge_pages
from mixminus.mixer import Engine, EngineConfig, Port
from mixminus.mixer.formats import PortMedia, SrtpKeys, SrtpProfile

TALKERS = 3
LEVEL_EXTENSION_ID = 1
KEY_BYTES = 30
FILES_PER_LEG = 2
OTHER_FILES = 256


@dataclass(frozen=True, slots=True)
class Reading:
    """A measurement of the engine and one of the floor."""

    floor_cpu_s: float
    floor_traffic: Traffic
    engine_cpu_s: float
    traffic: Traffic
    lateness_us: dict[str, int]
    load_average: float

    @property
    def floor_us(self) -> float:
        """CPU time of the floor per packet in each direction."""
        return self.floor_cpu_s * 1e6 / self.floor_traffic.pairs

    @property
    def engine_us(self) -> float:
        """CPU time of the engine per packet in each direction."""
        return self.engine_cpu_s * 1e6 / self.traffic.pairs

    @property
    def ratio(self) -> float:
        """Engine to floor, per packet: on a busy machine neither keeps up."""
        return self.engine_us / self.floor_us


def measure_floor(legs: int, seconds: int, load: Load, *, realtime: bool) -> tuple[float, Traffic]:
    """Return the floor's CPU seconds for the same packets, and the phones' statistics."""
    phones = Phones(legs, TALKERS, seconds, load, secrets.token_bytes(KEY_BYTES))
    floor = Floor(legs, load.packet_bytes, seconds)
    if realtime:
        floor.hurry()
    phones.start(floor.ports)
    floor.start(phones.ports)
    return floor.answer(), phones.answer()


def media_of(load: Load, phone_port: int, key: bytes) -> PortMedia:
    """Return parameters as SDP would negotiate them."""
    keys = SrtpKeys(SrtpProfile.AES_CM_128_HMAC_SHA1_80, rx_key=key, tx_key=key) if load.encrypted else None
    return PortMedia(
        receive=(load.send,),
        send=load.send,
        remote=("127.0.0.1", phone_port),
        level_extension_id=LEVEL_EXTENSION_ID,
        srtp=keys,
    )


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure_engine(
    legs: int, seconds: int, load: Load, *, realtime: bool
) -> tuple[float, Traffic, dict[str, int]]:
    """Return the CPU seconds of the engine's process, and the phones' statistics."""
    key = secrets.token_bytes(KEY_BYTES)
    phones = Phones(legs, TALKERS, seconds, load, key)
    with Engine(EngineConfig(shards=1, realtime=realtime)) as engine:
        bridge = engine.open_bridge()
        ports: list[Port] = []
        for phone_port in phones.ports:
            port = engine.open_rtp_port()
            port.configure(media_of(load, phone_port, key))
            port.join(bridge)
            ports.append(port)
        engine.start()
        phones.start([port.local_port for port in ports])
        before = _cpu_s()
        traffic = phones.answer()
        cpu_s = _cpu_s() - before
        lateness = engine.tick_lateness_us()
    return cpu_s, traffic, lateness


def measure(legs: int, seconds: int, load: Load, *, realtime: bool) -> Reading:
    """Measure the floor, then the engine."""
    floor_cpu_s, floor_traffic = measure_floor(legs, seconds, load, realtime=realtime)
    engine_cpu_s, traffic, lateness = measure_engine(legs, seconds, load, realtime=realtime)
    return Reading(floor_cpu_s, floor_traffic, engine_cpu_s, traffic, lateness, os.getloadavg()[0])


def report(load: Load, legs: int, seconds: int, readings: list[Reading]) -> str:
    """Render one load's readings: medians and the ratio."""
    ordered = sorted(readings, key=lambda each: each.ratio)
    typical = ordered[len(ordered) // 2]
    traffic, expected = typical.traffic, legs * seconds * 50
    return (
        f"{load.name}: {legs} legs, {TALKERS} talkers, {seconds} s, {len(readings)} rounds\n"
        f"  CPU for a packet there and back: floor {statistics.median(r.floor_us for r in readings):.2f} us,"
        f" engine {statistics.median(r.engine_us for r in readings):.2f} us\n"
        f"  engine / floor: median {statistics.median(r.ratio for r in readings):.2f}"
        f"; by round (packets to the phones, of those expected): "
        + ", ".join(f"{r.ratio:.2f} ({100 * r.traffic.received / expected:.0f} %)" for r in readings)
        + "\n"
        f"  of the median round: engine {100 * typical.engine_cpu_s / seconds:.1f} % of a core,"
        f" load average {typical.load_average:.1f}\n"
        f"  packets to the phones {100 * traffic.received / expected:.2f} % of {expected}"
        f" (floor {100 * typical.floor_traffic.received / expected:.2f} %);"
        f" gap between two: p50 {traffic.gap_p50_us / 1000:.1f} ms,"
        f" p99 {traffic.gap_p99_us / 1000:.1f} ms, max {traffic.gap_max_us / 1000:.1f} ms\n"
        f"  tick lateness (us, p50 and p99 rounded up to a power of two): "
        + ", ".join(f"{name} {value}" for name, value in typical.lateness_us.items())
        + "\n"
    )


def allow_files(legs: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_PER_LEG * legs + OTHER_FILES
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def main() -> None:
    """Measure both loads and print the report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("legs", nargs="?", type=int, default=1000)
    parser.add_argument("seconds", nargs="?", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--realtime", action="store_true", help="SCHED_FIFO for engine and floor; needs root")
    parser.add_argument("--load", choices=("PCMU", "Opus"), help="only this one")
    arguments = parser.parse_args()
    use_huge_pages()
    allow_files(arguments.legs)
    for load in (PCMU, OPUS):
        if arguments.load and not load.name.startswith(arguments.load):
            continue
        sys.stderr.write(f"{load.name} ...\n")
        readings = [
            measure(arguments.legs, arguments.seconds, load, realtime=arguments.realtime)
            for _ in range(arguments.rounds)
        ]
        print(report(load, arguments.legs, arguments.seconds, readings), flush=True)


if __name__ == "__main__":
    main()
