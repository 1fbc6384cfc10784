"""Real speech with known words: the prompts of Asterisk (Allison Smith, CC BY-SA 3.0), from Debian's packages.

``asterisk-core-sounds-en-wav`` has them at 8 kHz, ``asterisk-core-sounds-en-g722`` at 16 kHz,
``asterisk-core-sounds-en`` what is said in them. None is copied here.
"""

import gzip
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import av
import numpy as np

from tests.support.tones import Pcm

__all__ = ["WIDE", "prompt", "prompts", "word_error_rate", "words"]

SOUNDS: Final = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
WORDS: Final = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
NARROW, WIDE = 8000, 16000
LEAST_WORDS: Final = 5
# Text that is not spoken, or that can be written in several ways.
UNFAIR: Final = re.compile(r"[\[\]<>\d*#/]")


@cache
def prompts() -> dict[str, str]:
    """Return the text of every prompt of at least five words, by name."""
    assert WORDS.is_file(), "apt-get install asterisk-core-sounds-en; dpkg must not exclude /usr/share/doc"
    lines = gzip.decompress(WORDS.read_bytes()).decode().splitlines()
    pairs = (line.split(":", 1) for line in lines if ":" in line and not line.startswith(";"))
    return {
        name.strip(): said.strip()
        for name, said in pairs
        if len(words(said)) >= LEAST_WORDS and not UNFAIR.search(said)
    }


def prompt(name: str, sample_rate_hz: int) -> Pcm:
    """Return the audio of a prompt, as recorded for this sample rate."""
    kind = {NARROW: "wav", WIDE: "g722"}[sample_rate_hz]
    path = SOUNDS / f"{name}.{kind}"
    assert path.is_file(), f"apt-get install asterisk-core-sounds-en-{kind}"
    resampler = av.AudioResampler(format="s16", layout="mono", rate=sample_rate_hz)
    with av.open(str(path), format=kind) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])


def words(text: str) -> list[str]:
    """Return the words of a sentence, without case and punctuation."""
    return re.findall(r"[a-z']+", text.lower())


def word_error_rate(pairs: Sequence[tuple[str, str]]) -> float:
    """Return the word error rate of (spoken, recognised) pairs: errors per spoken word."""
    errors = sum(_distance(words(said), words(written)) for said, written in pairs)
    return errors / sum(len(words(said)) for said, _ in pairs)


def _distance(said: list[str], written: list[str]) -> int:
    row = list(range(len(written) + 1))
    for number, one in enumerate(said, 1):
        diagonal, row[0] = row[0], number
        for at, other in enumerate(written, 1):
            diagonal, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, diagonal + (one != other))
    return row[-1]
