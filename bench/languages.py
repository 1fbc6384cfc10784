"""Measure a multilingual model: ``python -m bench.languages FOLDER``.

Word error rate, languages found out with ``auto``, and cost, on the prompts of Debian's ``asterisk-core-sounds-LANGUAGE-wav``
(recorded at 8 kHz), with their texts of ``asterisk-core-sounds-LANGUAGE``.
"""

import gzip
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from tests.support.tones import Pcm

from mixminus.speech.recognition.engine import AUTOMATIC
from mixminus.speech.recognition.messages import SAMPLE_RATE_HZ
from mixminus.speech.recognition.whisper import load

SOUNDS = Path("/usr/share/asterisk/sounds")
FOLDERS = {"es": "es_MX_f_Allison", "fr": "fr_CA_f_June", "it": "it_IT_m_Carlo"}
MOST = 6
LEAST_WORDS, MOST_S = 6, 12.0


def words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.lower())


def errors(said: list[str], written: list[str]) -> int:
    """Return the edit distance in words."""
    row = list(range(len(written) + 1))
    for number, one in enumerate(said, 1):
        before, row[0] = row[0], number
        for at, other in enumerate(written, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (one != other))
    return row[-1]


def audio(path: Path) -> Pcm:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
    with av.open(str(path)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])


def prompts(language: str) -> Iterator[tuple[list[str], Pcm]]:
    """Yield what is said in prompts of some length, and their audio."""
    document = Path(f"/usr/share/doc/asterisk-core-sounds-{language}/core-sounds-{language}.txt.gz")
    for line in gzip.decompress(document.read_bytes()).decode("utf-8").splitlines():
        name, _, text = line.partition(":")
        path = SOUNDS / FOLDERS[language] / f"{name.strip()}.wav"
        said = words(text)
        if len(said) < LEAST_WORDS or re.search(r"[\[\]<>\d*#/]", text) or not path.is_file():
            continue
        pcm = audio(path)
        if pcm.size <= MOST_S * SAMPLE_RATE_HZ:
            yield said, pcm


def main(folder: str) -> None:
    engine = load(folder)
    print(f"load {os.getloadavg()[0]:.0f}")
    for language in FOLDERS:
        chosen = [each for _, each in zip(range(MOST), prompts(language), strict=False)]
        for asked in (language, AUTOMATIC):
            begin, wrong = time.process_time(), 0
            for said, pcm in chosen:
                wrong += errors(said, words(engine.recognise(pcm, asked).text))
            spent = time.process_time() - begin
            total = sum(len(said) for said, _ in chosen)
            print(
                f"{language} as {asked}: {len(chosen)} prompts, word error rate {wrong / total:.2f}, "
                f"{spent / len(chosen):.1f} CPU s each",
                flush=True,
            )
    print(f"load {os.getloadavg()[0]:.0f}")


if __name__ == "__main__":
    main(sys.argv[1])
