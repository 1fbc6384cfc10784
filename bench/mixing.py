"""Measure the cost of a bridge's tick: ``python -m bench.mixing [LISTENERS]``.

Three talk, the others listen; no network. A listener's share is the difference between a
full room and one with a single listener, per listener. The reference, in the same run, is a
plain loop over as many structures, one cache line each: the minimum cost of accessing a
listener.
"""

import argparse
import statistics
import time

import numpy as np
from tests.support.bridge import Room
from tests.support.codec import OPUS, PCMU, Format
from tests.support.signals import speech_like

TALKERS = 3
TICKS = 40
ROUNDS = 7
CACHE_LINE_BYTES = 64

FORMATS = {
    "PCMU": Format(id=PCMU, clock_rate_hz=8000, sample_rate_hz=8000, ptime_ms=20, payload_type=0, channels=1),
    "Opus": Format(
        id=OPUS,
        clock_rate_hz=48000,
        sample_rate_hz=48000,
        ptime_ms=20,
        bitrate_bps=32000,
        payload_type=96,
        channels=1,
        complexity=5,
    ),
}


def tick_us(listeners: int, wire: Format, *, everybody_talks: bool = False) -> float:
    """Median CPU time of a tick."""
    rate_hz = wire.sample_rate_hz
    readings: list[float] = []
    with Room(max_talkers=0 if everybody_talks else 8, max_members=TALKERS + listeners) as room:
        talkers = [room.enter(speaks_hz=rate_hz, hears=wire) for _ in range(TALKERS)]
        others = [room.enter(speaks_hz=rate_hz, hears=wire) for _ in range(listeners)]
        frame = speech_like(rate_hz, rate_hz // 50)
        for _ in range(ROUNDS):
            for talker in talkers + (others if everybody_talks else []):
                talker.say(np.tile(frame, TICKS))
            begin = time.thread_time_ns()
            for _ in range(TICKS):
                room.tick()
            readings.append((time.thread_time_ns() - begin) / TICKS / 1000)
    return statistics.median(readings)


def floor_ns(listeners: int) -> float:
    """Add to each integer of one cache line per listener."""
    lines = np.zeros((listeners, CACHE_LINE_BYTES // 4), np.int32)
    total = np.zeros_like(lines)
    begin = time.thread_time_ns()
    for _ in range(TICKS):
        total += lines
    return (time.thread_time_ns() - begin) / TICKS / listeners


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("listeners", nargs="?", type=int, default=1000)
    listeners = parser.parse_args().listeners
    floor = floor_ns(listeners)
    print(f"floor: {floor:.0f} ns to touch one structure")
    for name, wire in FORMATS.items():
        one, full = tick_us(1, wire), tick_us(1 + listeners, wire)
        share = (full - one) * 1000 / listeners
        print(
            f"{name}: {TALKERS} talkers and a listener {one:.0f} us a tick, {listeners} more listeners {full:.0f} us: "
            f"{share:.0f} ns a listener, {share / floor:.1f} floors"
        )


if __name__ == "__main__":
    main()
