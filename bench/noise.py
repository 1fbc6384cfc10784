"""Measure noise suppression: ``python -m bench.noise``.

What it costs a talker, and how much closer to the speech alone it brings noisy speech: segmental SNR and STOI
(Taal et al. 2011, by ``pystoi``) of recorded prompts with noises, through a bridge, before and after.
"""

import os
import statistics
import time

import numpy as np
import numpy.typing as npt
from pystoi import stoi
from tests.support.bridge import Room
from tests.support.noises import NOISES, Signal, aligned, noisy, segmental_snr_db, sentences

TICKS_PER_S = 50
SNRS_DB = (0, 5, 10)
RATES_HZ = (8000, 48000)

Pcm = npt.NDArray[np.int16]


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


def closeness(speech: Signal, pcm: Pcm, rate_hz: int) -> tuple[float, float]:
    """Return segmental SNR in dB, and STOI."""
    clean, signal = aligned(speech, pcm / 32768, rate_hz)
    return segmental_snr_db(clean, signal, rate_hz), float(stoi(clean, signal, rate_hz))


def main() -> None:
    print(f"load {os.getloadavg()[0]:.1f}")
    for rate_hz in RATES_HZ:
        speech = sentences(rate_hz, 4)
        costs = []
        for kind in NOISES:
            for snr_db in SNRS_DB:
                said = noisy(speech, kind, snr_db, rate_hz)
                pcm, *cost = heard(said, rate_hz)
                costs.append(cost)
                before, after = closeness(speech, said, rate_hz), closeness(speech, pcm, rate_hz)
                print(
                    f"{rate_hz} Hz, {kind} at {snr_db} dB: segmental SNR {before[0]:.1f} -> {after[0]:.1f} dB, "
                    f"STOI {before[1]:.2f} -> {after[1]:.2f}",
                    flush=True,
                )
        off, on = (statistics.median(column) for column in zip(*costs, strict=True))
        print(
            f"{rate_hz} Hz: a tick {off:.1f} us, suppressed {on:.0f} us: {on - off:.0f} us a talker",
            flush=True,
        )
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
