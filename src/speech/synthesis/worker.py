"""The speaking process: loads the English engine once, and speaks line by line.

Started as ``python -m mixminus.speech.synthesis.worker``. A request is a line of JSON,
``{"text", "sample_rate_hz"}``; its answer a line ``{"samples"}`` and that many samples, little
endian, or a line ``{"error"}``. It leaves when its input ends, so no server leaves one behind.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import BinaryIO, Final

import numpy as np
from hibari import Hibari
from numpy.typing import NDArray

from mixminus.speech.synthesis.engine import resampled
from mixminus.speech.synthesis.text import spelled

__all__ = ["main", "serve"]

# Nicer than the mixing threads: whoever talks goes before whoever is being prompted.
_NICENESS: Final = 5
_SEED: Final = 1
_LOUD: Final = 32767.0


def serve(requests: BinaryIO, answers: BinaryIO, speak: Callable[[str, int], NDArray[np.int16]]) -> None:
    """Answer requests until there are no more."""
    for line in requests:
        request = json.loads(line)
        try:
            pcm = speak(request["text"], request["sample_rate_hz"])
        except Exception as error:  # noqa: BLE001 -- whatever an engine may raise: the next text may be a better one
            answers.write(json.dumps({"error": type(error).__name__}).encode() + b"\n")
        else:
            answers.write(json.dumps({"samples": len(pcm)}).encode() + b"\n" + pcm.astype("<i2").tobytes())
        answers.flush()


def main() -> None:
    os.nice(_NICENESS)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    engine = Hibari(threads=1)

    def speak(text: str, sample_rate_hz: int) -> NDArray[np.int16]:
        wave = engine(spelled(text), seed=_SEED)
        pcm = np.rint(np.clip(wave, -1.0, 1.0) * _LOUD).astype(np.int16)
        return resampled(pcm, engine.sample_rate, sample_rate_hz)

    serve(sys.stdin.buffer, answers, speak)


if __name__ == "__main__":
    main()
