"""Measure noise suppression: ``python -m bench.noise [--rates HZ ...] [--kinds KIND ...] [--snrs DB ...]``.

What it costs a talker, and how much closer to the speech alone it brings noisy speech: segmental SNR and STOI
(Taal et al. 2011, by ``pystoi``) of recorded prompts with noises, through a bridge, before and after. The rows of the
table are printed as bench/README.md has them.
"""

import argparse
import os
import statistics
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pystoi import stoi
from tests.support.bridge import Room
from tests.support.noises import NOISES, Signal, aligned, noisy, segmental_snr_db, sentences

TICKS_PER_S = 50
SNRS_DB = (0, 5, 10)
RATES_HZ = (8000, 48000)
SENTENCES = 4

Pcm = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Closeness:
    """How close to the speech alone a signal is."""

    snr_db: float
    """Segmental: -10 to 35."""
    stoi: float
    """0 to 1: how intelligible."""

    @classmethod
    def of(cls, speech: Signal, pcm: Pcm, rate_hz: int) -> "Closeness":
        clean, signal = aligned(speech, pcm / 32768, rate_hz)
        return cls(segmental_snr_db(clean, signal, rate_hz), float(stoi(clean, signal, rate_hz)))


@dataclass(frozen=True, slots=True)
class Reading:
    """A noise at a ratio: before and after, and the median CPU time of a tick without and with suppression, in us."""

    before: Closeness
    after: Closeness
    off_us: float
    on_us: float


def heard(pcm: Pcm, rate_hz: int) -> tuple[Pcm, float, float]:
    """Return what is heard of it suppressed, and the median CPU time of a tick without and with it, in us."""
    frames = pcm.reshape(-1, rate_hz // TICKS_PER_S)
    outputs: list[Pcm] = []
    ticks_us: list[list[float]] = [[], []]
    with Room() as plain, Room() as quiet:
        rooms = [
            (room, room.enter(speaks_hz=None, hears=rate_hz), room.enter(speaks_hz=rate_hz))
            for room in (plain, quiet)
        ]
        rooms[1][2].set_suppressed(True)
        for frame in frames:
            for (room, _, talker), spent in zip(rooms, ticks_us, strict=True):
                talker.say(frame)
                begin = time.thread_time_ns()
                room.tick()
                spent.append((time.thread_time_ns() - begin) / 1000)
            outputs.append(rooms[1][1].heard_pcm.copy())
    without, suppressed = (statistics.median(spent) for spent in ticks_us)
    return np.concatenate(outputs), without, suppressed


def measure(kind: str, snr_db: float, rate_hz: int, *, count: int = SENTENCES) -> Reading:
    """Measure so many sentences with a noise."""
    speech = sentences(rate_hz, count)
    said = noisy(speech, kind, snr_db, rate_hz)
    pcm, off_us, on_us = heard(said, rate_hz)
    return Reading(Closeness.of(speech, said, rate_hz), Closeness.of(speech, pcm, rate_hz), off_us, on_us)


def cell(reading: Reading) -> str:
    before, after = reading.before, reading.after
    return f"{before.snr_db:.1f} to {after.snr_db:.1f} dB, {before.stoi:.2f} to {after.stoi:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", type=int, nargs="+", default=RATES_HZ, metavar="HZ")
    parser.add_argument("--kinds", nargs="+", default=NOISES, choices=NOISES, metavar="KIND")
    parser.add_argument("--snrs", type=float, nargs="+", default=SNRS_DB, metavar="DB")
    parser.add_argument("--sentences", type=int, default=SENTENCES)
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}")
    for rate_hz in given.rates:
        readings = []
        print(f"\n| {rate_hz} Hz | " + " | ".join(f"{snr_db:g} dB" for snr_db in given.snrs) + " |")
        print("|---|" + "---|" * len(given.snrs))
        for kind in given.kinds:
            row = [measure(kind, snr_db, rate_hz, count=given.sentences) for snr_db in given.snrs]
            readings += row
            print(f"| {kind} | " + " | ".join(map(cell, row)) + " |", flush=True)
        off, on = (
            statistics.median(each) for each in zip(*((r.off_us, r.on_us) for r in readings), strict=True)
        )
        print(
            f"\n{rate_hz} Hz: a tick {off:.1f} us, suppressed {on:.0f} us: {on - off:.0f} us a talker",
            flush=True,
        )
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
