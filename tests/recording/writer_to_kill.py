"""Write a WAV file with a ramp until killed; print how many samples are in it."""

import sys
from pathlib import Path

import numpy as np

from mixminus.recording.wav import WavFile, WavShape

FRAME_SAMPLES = 4000


def main() -> None:
    writer = WavFile(Path(sys.argv[1]), WavShape(16000, 1, large=False))
    while True:
        ramp = np.arange(writer.samples, writer.samples + FRAME_SAMPLES)
        writer.write((ramp % 30_000).astype(np.int16))
        sys.stdout.write(f"{writer.samples}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
