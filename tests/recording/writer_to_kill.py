"""Writes a counting WAV file until it is killed; says on stdout how many samples are in it."""

import sys
from pathlib import Path

import numpy as np

from mixminus.recording.wav import WavWriter

FRAME_SAMPLES = 4000


def main() -> None:
    writer = WavWriter(Path(sys.argv[1]), 16000)
    while True:
        ramp = np.arange(writer.samples, writer.samples + FRAME_SAMPLES)
        writer.write((ramp % 30_000).astype(np.int16))
        sys.stdout.write(f"{writer.samples}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
