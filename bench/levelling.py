"""Measure how exactly levelling works: ``python -m bench.levelling [--levels DBFS ...] [--noises DBFS ...]``.

Recorded prompts at a level, with white noise of a level, through a bridge at 48 kHz that levels them: the loudness (ITU-R
BS.1770-5, by the numpy reference and not by the engine's own measure) of what others hear in the fourth ten seconds.
"""

import argparse
import os

import numpy as np
import numpy.typing as npt
from tests.support.bridge import Room
from tests.support.loudness import noise
from tests.support.noises import sentences
from tests.support.signals import rms

from mixminus.mixer.reference_loudness import SAMPLE_RATE_HZ, gated_lufs, mean_squares, weighted

TARGET_LUFS = -23.0
LEVELS_DBFS = (-40.0, -30.0, -20.0)
NOISES_DBFS = (-90.0, -60.0, -50.0)
WINDOW_S = 10
SECONDS = 40
TICKS_PER_S = 50

Pcm = npt.NDArray[np.int16]


def speech(level_dbfs: float, noise_dbfs: float, seconds: int) -> Pcm:
    """Return prompts, again and again, whose RMS has this level, and noise on top."""
    said = np.resize(sentences(SAMPLE_RATE_HZ, 8), seconds * SAMPLE_RATE_HZ)
    said = said * (10 ** (level_dbfs / 20) / rms(said)) * 32768
    return np.round(np.clip(said + noise(len(said), noise_dbfs), -32768, 32767)).astype(np.int16)


def levelled(pcm: Pcm) -> Pcm:
    """Return what another participant hears."""
    heard = []
    with Room() as room:
        listener = room.enter(speaks_hz=None, hears=SAMPLE_RATE_HZ)
        talker = room.enter(speaks_hz=SAMPLE_RATE_HZ)
        talker.set_levelled(True)
        for frame in pcm.reshape(-1, SAMPLE_RATE_HZ // TICKS_PER_S):
            talker.say(frame)
            room.tick()
            heard.append(listener.heard_pcm.copy())
    return np.concatenate(heard)


def loudness(pcm: Pcm) -> float:
    """Return the loudness of the last ten seconds, in LUFS."""
    return gated_lufs(mean_squares(weighted(pcm[-WINDOW_S * SAMPLE_RATE_HZ :])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--levels", type=float, nargs="+", default=LEVELS_DBFS, metavar="DBFS")
    parser.add_argument("--noises", type=float, nargs="+", default=NOISES_DBFS, metavar="DBFS")
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}")
    print("| noise | speech | before | after | from the target |\n|---|---|---|---|---|")
    for noise_dbfs in given.noises:
        for level_dbfs in given.levels:
            pcm = speech(level_dbfs, noise_dbfs, SECONDS)
            before, after = loudness(pcm), loudness(levelled(pcm))
            print(
                f"| {noise_dbfs:.0f} dBFS | {level_dbfs:.0f} dBFS | {before:.1f} LUFS | {after:.1f} LUFS "
                f"| {after - TARGET_LUFS:+.1f} LU |",
                flush=True,
            )


if __name__ == "__main__":
    main()
