"""How many ports a core holds: ``python -m bench.capacity [LEGS] [SECONDS]``.

One bridge, three talkers, everybody else listens and sends silence, 20 ms packets. The
engine's CPU time is given as a ratio to the floor: a bare recvmmsg/sendmmsg loop that moves
packets of the same sizes over as many sockets, measured in the same run, in turn with the
engine. A generator in a process of its own plays the phones.
"""

import argparse
import resource
import secrets
import statistics
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from bench.payloads import OPUS, PCMU, Load, write_payloads
from mixminus.mixer import Engine, EngineConfig, Port
from mixminus.mixer.formats import PortMedia, SrtpKeys, SrtpProfile
from mixminus.mixer.libraries import find_libraries

ROOT = Path(__file__).resolve().parents[1]
TALKERS = 3
ROUNDS = 3
LEVEL_EXTENSION_ID = 1
TICK_S = 0.02


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the phones saw."""

    sent: int
    received: int
    gap_p50_us: int
    gap_p99_us: int
    gap_max_us: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement of the engine beside one of the floor."""

    floor_cpu_s: float
    engine_cpu_s: float
    traffic: Traffic
    lateness_us: dict[str, int]


def build(name: str) -> Path:
    """Compile one of the C programs beside this file."""
    target = ROOT / "build" / "bench" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    native = [ROOT / "native" / f"{module}.c" for module in ("udp", "rtp", "srtp", "libraries")]
    sources = [ROOT / "bench" / "native" / f"{name}.c", ROOT / "bench" / "native" / "traffic.c", *native]
    includes = ["-I", str(ROOT / "native"), "-I", str(ROOT / "bench" / "native")]
    subprocess.run(
        ["gcc", "-std=gnu11", "-O3", *includes, *map(str, sources), "-o", str(target), "-ldl"], check=True
    )
    return target


class Phones:
    """The generator process: as many phones as the measurement has legs."""

    def __init__(self, legs: int, seconds: int, load: Load, key: bytes) -> None:
        command = [
            build("generator"),
            legs,
            TALKERS,
            seconds,
            write_payloads(load),
            load.send.payload_type,
            load.step,
        ]
        if load.encrypted:
            command += [find_libraries().srtp_path, key.hex()]
        self._process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        self.ports = [int(self._process.stdout.readline()) for _ in range(legs)]

    def talk(self, targets: list[tuple[str, int]]) -> Traffic:
        """Play until the end; return what was seen."""
        answer, _ = self._process.communicate("".join(f"{host} {port}\n" for host, port in targets))
        return Traffic(*map(int, answer.split()))


def measure_floor(legs: int, seconds: int, packet_bytes: int) -> float:
    """Return the CPU seconds that the bare loop needs for the same packets."""
    peer = subprocess.Popen(
        list(map(str, [build("floor"), legs, packet_bytes, seconds + 1])),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    loop = subprocess.Popen(
        list(map(str, [build("floor"), legs, packet_bytes, seconds])),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert peer.stdout
    assert loop.stdout
    peer_ports = [int(peer.stdout.readline()) for _ in range(legs)]
    loop_ports = [int(loop.stdout.readline()) for _ in range(legs)]
    other = threading.Thread(
        target=peer.communicate, args=("".join(f"127.0.0.1 {port}\n" for port in loop_ports),)
    )
    other.start()
    answer, _ = loop.communicate("".join(f"127.0.0.1 {port}\n" for port in peer_ports))
    other.join()
    return float(answer)


def media_of(load: Load, phone_port: int, key: bytes) -> PortMedia:
    """Return what SDP would have settled."""
    keys = SrtpKeys(SrtpProfile.AES_CM_128_HMAC_SHA1_80, rx_key=key, tx_key=key) if load.encrypted else None
    return PortMedia(
        receive=(load.send,),
        send=load.send,
        remote=("127.0.0.1", phone_port),
        level_extension_id=LEVEL_EXTENSION_ID,
        srtp=keys,
    )


def measure_engine(legs: int, seconds: int, load: Load) -> tuple[float, Traffic, dict[str, int]]:
    """Return the CPU seconds of the whole engine process, and what the phones saw."""
    key = secrets.token_bytes(30)
    phones = Phones(legs, seconds, load, key)
    with Engine(EngineConfig(shards=1)) as engine:
        engine.start()
        bridge = engine.open_bridge()
        ports: list[Port] = []
        for phone_port in phones.ports:
            port = engine.open_rtp_port()
            port.configure(media_of(load, phone_port, key))
            port.join(bridge)
            ports.append(port)
        before = resource.getrusage(resource.RUSAGE_SELF)
        traffic = phones.talk([(port.local_host, port.local_port) for port in ports])
        after = resource.getrusage(resource.RUSAGE_SELF)
        lateness = engine.tick_lateness_us()
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu_s, traffic, lateness


def reading(legs: int, seconds: int, load: Load) -> Reading:
    """Measure the floor, then the engine."""
    floor_cpu_s = measure_floor(legs, seconds, load.packet_bytes)
    engine_cpu_s, traffic, lateness = measure_engine(legs, seconds, load)
    return Reading(floor_cpu_s, engine_cpu_s, traffic, lateness)


def report(load: Load, legs: int, seconds: int, readings: list[Reading]) -> str:
    """Render one load's readings: medians, and the ratio that matters."""
    ratios = [each.engine_cpu_s / each.floor_cpu_s for each in readings]
    last = readings[-1]
    share = 100 / seconds / legs
    expected = legs * seconds * 50
    return (
        f"{load.name}: {legs} legs, {TALKERS} talkers, {seconds} s\n"
        f"  CPU of a core a leg: floor {statistics.median(r.floor_cpu_s for r in readings) * share:.4f} %,"
        f" engine {statistics.median(r.engine_cpu_s for r in readings) * share:.4f} %\n"
        f"  engine / floor: median {statistics.median(ratios):.2f} (min {min(ratios):.2f}, max {max(ratios):.2f})\n"
        f"  packets to the phones: {100 * last.traffic.received / expected:.2f} % of {expected};"
        f" gap between two: p50 {last.traffic.gap_p50_us / 1000:.1f} ms, p99 {last.traffic.gap_p99_us / 1000:.1f} ms,"
        f" max {last.traffic.gap_max_us / 1000:.1f} ms\n"
        f"  tick lateness (us): "
        + ", ".join(f"{name} {value:.0f}" for name, value in last.lateness_us.items())
        + "\n"
    )


def main() -> None:
    """Measure both loads and print the report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("legs", nargs="?", type=int, default=1000)
    parser.add_argument("seconds", nargs="?", type=int, default=10)
    arguments = parser.parse_args()
    for load in (PCMU, OPUS):
        sys.stderr.write(f"{load.name} ...\n")
        readings = [reading(arguments.legs, arguments.seconds, load) for _ in range(ROUNDS)]
        print(report(load, arguments.legs, arguments.seconds, readings))


if __name__ == "__main__":
    main()
