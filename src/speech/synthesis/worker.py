"""The text-to-speech process: loads the English engine once, and synthesises line by line.

Started as ``python -m mixminus.speech.synthesis.worker``. A request is a line of JSON,
``{"text", "sample_rate_hz"}``; the answer is a line ``{"accepted"}`` at once, then a line ``{"samples"}``
and that many samples, little endian, or a line ``{"error"}``. It exits when its input closes, so it never outlives the server.
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
from mixminus.threads import name_thread

__all__ = ["main", "serve"]

# Lower priority than the mixing threads: live audio goes before prompts.
_NICENESS: Final = 5
_SEED: Final = 1
_LOUD: Final = 32767.0


def serve(requests: BinaryIO, answers: BinaryIO, speak: Callable[[str, int], NDArray[np.int16]]) -> None:
    """Answer requests until the input ends."""
    for line in requests:
        request = json.loads(line)
        answers.write(json.dumps({"accepted": True}).encode() + b"\n")
        answers.flush()
        try:
            pcm = speak(request["text"], request["sample_rate_hz"])
        except Exception as error:  # noqa: BLE001 -- an engine may raise anything; later texts may still succeed
            answers.write(json.dumps({"error": type(error).__name__}).encode() + b"\n")
        else:
            answers.write(json.dumps({"samples": len(pcm)}).encode() + b"\n" + pcm.astype("<i2").tobytes())
        answers.flush()


def main() -> None:
    name_thread("mm-synthesis")
    os.nice(_NICENESS)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # keep library output out of the answers
    engine = Hibari(threads=1)

    def speak(text: str, sample_rate_hz: int) -> NDArray[np.int16]:
        wave = engine(spelled(text), seed=_SEED)
        pcm = np.rint(np.clip(wave, -1.0, 1.0) * _LOUD).astype(np.int16)
        return resampled(pcm, engine.sample_rate, sample_rate_hz)

    serve(sys.stdin.buffer, answers, speak)


if __name__ == "__main__":
    main()
