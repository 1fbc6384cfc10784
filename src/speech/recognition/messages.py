"""All messages between the server and a recogniser; this file is the protocol.

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
    "Ping",
    "Pinged",
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
"""Sample rate of all audio to be recognised."""
HEADER: Final = struct.Struct("!II")
MAX_JSON_BYTES: Final = 1 << 16
MAX_PCM_BYTES: Final = 1 << 20

Pcm = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Open:
    """Start a session."""

    session: str
    language: str


@dataclass(frozen=True, slots=True, eq=False)
class Hear:
    """Process a range of one stem; gaps between ranges are silence."""

    session: str
    stem: int
    first_sample: int
    pcm: Pcm


@dataclass(frozen=True, slots=True)
class Advance:
    """All audio before this sample has been sent."""

    session: str
    sample: int


@dataclass(frozen=True, slots=True)
class Finish:
    """The audio is complete; answer Finished when all is recognised, and drop the session."""

    session: str


@dataclass(frozen=True, slots=True)
class Ping:
    """Answer with Pinged."""


@dataclass(frozen=True, slots=True)
class Pinged:
    """The process reads its commands."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """An utterance has started."""

    session: str
    stem: int
    first_sample: int


@dataclass(frozen=True, slots=True)
class Interim:
    """The text so far of an utterance that goes on."""

    session: str
    stem: int
    first_sample: int
    text: str


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """An utterance has ended; its text follows."""

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
    """Audio before ``sample`` need not be sent again.

    ``waiting_samples``: age of the oldest waiting utterance.
    """

    session: str
    sample: int
    heard_sample: int
    waiting_samples: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The session is complete."""

    session: str


Command = Open | Hear | Advance | Finish | Ping
Report = Ready | Pinged | SpeechStarted | Interim | SpeechEnded | Recognised | Acknowledged | Finished

_KINDS: Final[dict[str, Callable[..., Command | Report]]] = {
    kind.__name__: kind
    for kind in (
        Open,
        Hear,
        Advance,
        Finish,
        Ping,
        Pinged,
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
    """Bytes that are not one of these messages."""


def encode(message: Command | Report) -> bytes:
    """Return a message's bytes on the pipe."""
    pcm = np.ascontiguousarray(message.pcm, "<i2").tobytes() if isinstance(message, Hear) else b""
    values = [getattr(message, each.name) for each in fields(message) if each.name != "pcm"]
    words = orjson.dumps([type(message).__name__, *values])
    return HEADER.pack(len(words), len(pcm)) + words + pcm


def lengths(header: bytes) -> tuple[int, int]:
    """Return the sizes of JSON and PCM after a header; MalformedMessage beyond the limits."""
    words, pcm = HEADER.unpack(header)
    if words > MAX_JSON_BYTES or pcm > MAX_PCM_BYTES or pcm % 2:
        raise MalformedMessage("length out of bounds")
    return words, pcm


def decode(words: bytes, pcm: bytes) -> Command | Report:
    """Parse a message; MalformedMessage."""
    try:
        name, *values = orjson.loads(words)
        if name == Hear.__name__:
            values.append(np.frombuffer(pcm, "<i2"))
        return _KINDS[name](*values)
    except (ValueError, TypeError, KeyError) as exc:
        raise MalformedMessage("not a message") from exc
