"""Measure the detection of answering machines on Debian's prompts: .venv/bin/python -m bench.answering_machines.

Short prompts stand for people who answer, long ones and a beep for machines; each clean, through mu-law, and with
noise 20 dB below the speech. All are of one speaker, read, so that the figures are an upper bound.
"""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from tests.support.prompts import SOUNDS, prompt
from tests.support.tones import Pcm

from mixminus.call.answer_detector import FRAME_SAMPLES, AnswerDetector
from mixminus.model.call import Answered
from mixminus.streams.framing import mulaw_decoded, mulaw_encoded

RATE_HZ = 8000
SHORT_S, LONG_S = (0.4, 1.8), (4.0, 20.0)
BEFORE_S, AFTER_S = 0.6, 3.0
SNR_DB = 20.0
NOT_SPEECH = ("beep", "tone", "silence", "dir-", "confbridge-begin")


def corpus(shortest_s: float, longest_s: float) -> Iterator[Pcm]:
    """Yield the prompts of a length, in the order of their names."""
    for path in sorted(SOUNDS.glob("*.wav")):
        if not any(word in path.stem for word in NOT_SPEECH):
            pcm = prompt(path.stem, RATE_HZ)
            if shortest_s <= pcm.size / RATE_HZ <= longest_s:
                yield pcm


def variants(pcm: Pcm) -> Iterator[tuple[str, Pcm]]:
    """Yield a recording as it is, through mu-law, and with noise."""
    rng = np.random.default_rng(1)
    level = np.sqrt(np.mean(np.square(pcm[np.abs(pcm) > 200].astype(float)))) / 10 ** (SNR_DB / 20)
    yield "clean", pcm
    yield "mu-law", mulaw_decoded(mulaw_encoded(pcm))
    yield (
        f"noise at {SNR_DB:.0f} dB",
        np.clip(pcm + rng.normal(0, level, pcm.size), -32768, 32767).astype(np.int16),
    )


def answer(pcm: Pcm) -> Pcm:
    """Return the audio of a call that is answered with this."""
    silence = [np.zeros(int(seconds * RATE_HZ), np.int16) for seconds in (BEFORE_S, AFTER_S)]
    return np.concatenate([silence[0], pcm, silence[1]])


def detect(pcm: Pcm, *, beep: bool = False) -> Answered:
    """Return what is detected in a recording."""
    detector = AnswerDetector(beep=beep)
    for frame in pcm[: pcm.size // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES):
        if found := detector.hear(frame):
            return found
    return detector.now


def main() -> None:
    """Print one line for each kind of answer and variant."""
    beep = prompt("beep", RATE_HZ)
    gap = np.zeros(RATE_HZ // 2, np.int16)
    kinds = {
        "people": [answer(pcm) for pcm in corpus(*SHORT_S)],
        "machines": [answer(np.concatenate([pcm, gap, beep])) for pcm in corpus(*LONG_S)],
    }
    for kind, recordings in kinds.items():
        results: dict[str, list[Answered]] = {}
        for pcm in recordings:
            for name, heard in variants(pcm):
                results.setdefault(name, []).append(detect(heard))
                if kind == "machines":
                    results.setdefault(f"{name}, beep", []).append(detect(heard, beep=True))
        for name, found in results.items():
            counts = Counter(str(each.by) for each in found)
            print(
                f"{kind:9} {name:22} {len(found):4}  {dict(counts)}  median {np.median([e.at_ms for e in found]):.0f} ms"
            )


if __name__ == "__main__":
    main()
