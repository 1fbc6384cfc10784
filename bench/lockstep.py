"""Measure the cost of a tick, independent of other load: ``python -m bench.lockstep [LEGS] [TICKS]``.

One bridge, three talkers, everybody else listens and sends silence, 20 ms packets. No time passes between two
ticks: the phones send, then the engine ticks, and only the CPU time of that is counted. Floor
and engine alternate every few ticks, so that noise of other processes affects both. Not
included: sleeping and waking, and packets that arrive while the engine is working.
"""

import argparse
import secrets
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass

from bench.capacity.setup import allow_files
from bench.payloads import OPUS, PCMU, Load, opus_without_levels
from bench.phones import Floor, Phones
from mixminus.app.huge_pages import use_huge_pages
from mixminus.mixer import Engine, EngineConfig
from mixminus.model.media import PortMedia, SrtpKeys, SrtpProfile

TALKERS = 3
KEY_BYTES = 30
LEVEL_EXTENSION_ID = 1
WARM_UP_TICKS = 50
TURN_TICKS = 10


@dataclass(frozen=True, slots=True)
class Ticks:
    """CPU time of every tick."""

    floor_us: list[float]
    engine_us: list[float]
    delivered: float
    """Share of the expected packets to the phones."""


def media_of(load: Load, phone_port: int, key: bytes) -> PortMedia:
    """Return parameters as SDP would negotiate them."""
    keys = SrtpKeys(SrtpProfile.AES_CM_128_HMAC_SHA1_80, rx_key=key, tx_key=key) if load.encrypted else None
    return PortMedia(
        receive=(load.send,),
        send=load.send,
        remote=("127.0.0.1", phone_port),
        level_extension_id=LEVEL_EXTENSION_ID if load.signals_level else None,
        srtp=keys,
    )


def measure(legs: int, ticks: int, load: Load) -> Ticks:
    """Run floor and engine alternately."""
    key = secrets.token_bytes(KEY_BYTES)
    floor_us: list[float] = []
    engine_us: list[float] = []
    with ExitStack() as stack:
        phones = Phones(legs, TALKERS, load, key)
        other_phones = Phones(legs, TALKERS, load, key)
        floor = Floor(legs, load.packet_bytes)
        engine = stack.enter_context(Engine(EngineConfig(manual=True)))
        bridge = engine.open_bridge()
        ports = [engine.open_rtp_port() for _ in range(legs)]
        for port, phone_port in zip(ports, phones.ports, strict=True):
            port.configure(media_of(load, phone_port, key))
            port.join(bridge)
        phones.start([port.local_port for port in ports])
        other_phones.start(floor.ports)
        floor.start(other_phones.ports)
        received = 0.0
        for turn in range(0, WARM_UP_TICKS + ticks, TURN_TICKS):
            for _ in range(TURN_TICKS):
                other_phones.step()
                floor_us.append(floor.step() * 1e6)
            for _ in range(TURN_TICKS):
                received = phones.step()
                begin = time.thread_time_ns()
                engine.tick()
                engine_us.append((time.thread_time_ns() - begin) / 1000)
                if turn % 50 == 0:
                    list(engine.events())
        phones.end()
        other_phones.end()
        floor.end()
    return Ticks(
        floor_us[WARM_UP_TICKS:], engine_us[WARM_UP_TICKS:], received / (legs * (len(engine_us) - 1))
    )


def report(load: Load, legs: int, ticks: Ticks) -> str:
    """Render medians and their ratio."""
    floor, engine = statistics.median(ticks.floor_us), statistics.median(ticks.engine_us)
    tenths = [statistics.quantiles(each, n=10)[0] for each in (ticks.engine_us, ticks.floor_us)]
    return (
        f"{load.name}: {legs} legs, {TALKERS} talkers, {len(ticks.engine_us)} ticks:"
        f" floor {floor / legs:.2f} us a leg, engine {engine / legs:.2f} us a leg;"
        f" engine / floor {engine / floor:.2f} (of the fastest tenths {tenths[0] / tenths[1]:.2f});"
        f" {100 * ticks.delivered:.1f} % delivered"
    )


def main() -> None:
    """Measure both loads and print the report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("legs", nargs="?", type=int, default=1000)
    parser.add_argument("ticks", nargs="?", type=int, default=500)
    parser.add_argument("--load", choices=("PCMU", "Opus over", "Opus without"), help="only this one")
    arguments = parser.parse_args()
    use_huge_pages()
    allow_files(2 * arguments.legs)
    for load in (PCMU, OPUS, opus_without_levels()):
        if arguments.load and not load.name.startswith(arguments.load):
            continue
        print(report(load, arguments.legs, measure(arguments.legs, arguments.ticks, load)), flush=True)


if __name__ == "__main__":
    main()
