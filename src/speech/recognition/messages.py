"""Everything the server and a recogniser say to each other; reading this file is reading the protocol.

On the pipe: two lengths (big endian, 32 bits each), then JSON, then PCM (16-bit, little endian, 16 kHz).
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray

__all__ = [
    "HEADER",
    "SAMPLE_RATE_HZ",
    "Acknowledged",
    "Advance",
    "Command",
    "Finish",
    "Finished",
    "Hear",
    "Interim",
    "MalformedMessage",
    "Open",
    "Pcm",
    "Ready",
    "Recognised",
    "Report",
    "SpeechEnded",
    "SpeechStarted",
    "decode",
    "encode",
    "lengths",
]

SAMPLE_RATE_HZ: Final = 16_000
"""Of everything that is recognised."""
HEADER: Final = struct.Struct("!II")
MAX_JSON_BYTES: Final = 1 << 16
MAX_PCM_BYTES: Final = 1 << 20

Pcm = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Open:
    """Listen to a session from now on."""

    session: str
    language: str


@dataclass(frozen=True, slots=True, eq=False)
class Hear:
    """A stretch of one stem; what is between two stretches is silence."""

    session: str
    stem: int
    first_sample: int
    pcm: Pcm


@dataclass(frozen=True, slots=True)
class Advance:
    """Everything before this sample has been said."""

    session: str
    sample: int


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing more comes; answer Finished when all is recognised, and forget the session."""

    session: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody has begun to speak."""

    session: str
    stem: int
    first_sample: int


@dataclass(frozen=True, slots=True)
class Interim:
    """What an utterance that goes on sounds like until now."""

    session: str
    stem: int
    first_sample: int
    text: str


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """An utterance is over; its text follows."""

    session: str
    stem: int
    first_sample: int
    end_sample: int


@dataclass(frozen=True, slots=True)
class Recognised:
    """The text of an utterance; empty if there are no words in it."""

    session: str
    stem: int
    first_sample: int
    end_sample: int
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What lies before ``sample`` need not be heard again; what waits longest has been over for so long."""

    session: str
    sample: int
    heard_sample: int
    waiting_samples: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The session is over, all of it."""

    session: str


Command = Open | Hear | Advance | Finish
Report = Ready | SpeechStarted | Interim | SpeechEnded | Recognised | Acknowledged | Finished

_KINDS: Final[dict[str, Callable[..., Command | Report]]] = {
    kind.__name__: kind
    for kind in (
        Open,
        Hear,
        Advance,
        Finish,
        Ready,
        SpeechStarted,
        Interim,
        SpeechEnded,
        Recognised,
        Acknowledged,
        Finished,
    )
}


class MalformedMessage(Exception):
    """What came is not one of these."""


def encode(message: Command | Report) -> bytes:
    """Return a message as it goes through the pipe."""
    pcm = np.ascontiguousarray(message.pcm, "<i2").tobytes() if isinstance(message, Hear) else b""
    told = [getattr(message, each.name) for each in fields(message) if each.name != "pcm"]
    words = orjson.dumps([type(message).__name__, *told])
    return HEADER.pack(len(words), len(pcm)) + words + pcm


def lengths(header: bytes) -> tuple[int, int]:
    """Return how many bytes of JSON and of PCM follow a header; MalformedMessage if nobody sends so many."""
    words, pcm = HEADER.unpack(header)
    if words > MAX_JSON_BYTES or pcm > MAX_PCM_BYTES or pcm % 2:
        raise MalformedMessage("length out of bounds")
    return words, pcm


def decode(words: bytes, pcm: bytes) -> Command | Report:
    """Read a message; MalformedMessage if it is none."""
    try:
        name, *told = orjson.loads(words)
        if name == Hear.__name__:
            told.append(np.frombuffer(pcm, "<i2"))
        return _KINDS[name](*told)
    except (ValueError, TypeError, KeyError) as exc:
        raise MalformedMessage("not a message") from exc
