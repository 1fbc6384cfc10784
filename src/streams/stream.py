"""MediaStream: frames between a client and the audio of a room or a call, without the network.

RoomAudio takes part in a room as one more participant. CallAudio taps one call, and plays to that call only.
"""

import asyncio
import enum
from collections import Counter
from typing import Annotated, Final, Literal, Protocol

import numpy as np
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from mixminus.mixer import HEARD, MIX, Bridge, BridgePort, Engine
from mixminus.streams.framing import (
    FRAME_SAMPLES,
    SAMPLE_RATE_HZ,
    Encapsulation,
    MalformedFrame,
    Pcm,
    framing,
)
from mixminus.streams.speech import Budget, Reached, Speech

__all__ = ["Audio", "CallAudio", "Direction", "MediaStream", "RoomAudio"]

MAX_WAITING: Final = 50
"""Frames, one second: a client that reads slower loses the oldest."""
MAX_NAME: Final = 256
"""Characters of the name of a mark."""
_RING_S = 10
"""Maximum audio written ahead; the excess is dropped."""


class Audio(Protocol):
    """PCM in both directions, at 8 kHz."""

    @property
    def over(self) -> bool:
        """Whether the room or call has ended."""
        ...

    def read(self) -> Pcm:
        """Return the audio since the last call, silence included."""
        ...

    def write(self, pcm: Pcm) -> int:
        """Play; return the number of samples accepted."""
        ...

    @property
    def pending(self) -> int:
        """Samples written and not played yet."""
        ...

    def clear(self) -> None:
        """Drop what was written and not played yet."""
        ...

    def close(self) -> None:
        """Stop reading and writing; closing twice is harmless."""
        ...


class RoomAudio:
    """A port without a network: it hears all others, and all others hear it."""

    def __init__(self, engine: Engine, bridge: Bridge) -> None:
        self._port = engine.open_pcm_port(SAMPLE_RATE_HZ)
        try:
            self._port.join(bridge)
        except BaseException:
            self._port.close()
            raise

    @property
    def over(self) -> bool:
        return self._port.closed or self._port.bridge is None

    def read(self) -> Pcm:
        return self._port.read()

    def write(self, pcm: Pcm) -> int:
        return 0 if self._port.closed else self._port.write(pcm)

    @property
    def pending(self) -> int:
        return 0 if self._port.closed else self._port.pending

    def clear(self) -> None:
        if not self._port.closed:
            self._port.clear()

    def close(self) -> None:
        self._port.close()


class Direction(enum.Enum):
    """Of a call: what it says, what it hears, or both mixed."""

    IN = enum.auto()
    OUT = enum.auto()
    BOTH = enum.auto()


class CallAudio:
    """The audio of one call, in rooms and outside; what is written is heard by that call only."""

    def __init__(
        self, engine: Engine, port: BridgePort, *, direction: Direction = Direction.IN, ring_s: int = _RING_S
    ) -> None:
        self._port = port
        self._stem = {Direction.IN: port.id, Direction.OUT: HEARD, Direction.BOTH: MIX}[direction]
        self._losses = 0
        self._playout = engine.open_playout(SAMPLE_RATE_HZ, seconds=ring_s)
        try:
            port.play(self._playout)
            self._tap = port.open_tap(SAMPLE_RATE_HZ)
        except BaseException:
            self._playout.close()
            raise

    @property
    def over(self) -> bool:
        return self._port.closed

    def read(self) -> Pcm:
        records = self._tap.read()
        said = {each.first_sample: each.pcm for each in records if each.port_id == self._stem}
        # Every tick has a MIX record; silence has no record of its own.
        frames = [
            said.get(each.first_sample, np.zeros(each.pcm.size, np.int16))
            for each in records
            if each.port_id == MIX
        ]
        return np.concatenate([np.empty(0, np.int16), *frames])

    def write(self, pcm: Pcm) -> int:
        return self._playout.write(pcm)

    @property
    def pending(self) -> int:
        """Samples written and not played yet."""
        return self._playout.pending

    def clear(self) -> None:
        self._playout.clear()

    def take_losses(self) -> int:
        """Return the number of records lost since the last call because the reader was too slow."""
        losses, self._losses = self._tap.overruns - self._losses, self._tap.overruns
        return losses

    def close(self) -> None:
        self._playout.close()
        self._tap.close()


class _Clear(BaseModel):
    type: Literal["clear"]


class _Mark(BaseModel):
    type: Literal["mark"]
    name: Annotated[str, Field(max_length=MAX_NAME)] = ""


_COMMAND: Final[TypeAdapter[_Clear | _Mark]] = TypeAdapter(
    Annotated[_Clear | _Mark, Field(discriminator="type")]
)


class MediaStream:
    """Frames of 20 ms to the client, which loses what it does not read; audio of any length from it, which waits."""

    def __init__(
        self, audio: Audio, encapsulation: Encapsulation, counters: Counter[str], budget: Budget | None = None
    ) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the server ends the stream."""
        self._audio = audio
        self._framing = framing(encapsulation)
        self._counters = counters
        self._rest: Pcm = np.empty(0, np.int16)
        self._speech = Speech(audio, budget or Budget())

    @property
    def over(self) -> bool:
        """Whether the stream or its audio has ended."""
        return self.ended.done() or self._audio.over

    def take(self) -> list[bytes]:
        """Return the messages that are due, oldest first."""
        heard = np.concatenate((self._rest, self._audio.read()))
        whole = heard.size // FRAME_SAMPLES * FRAME_SAMPLES
        self._rest = heard[whole:]
        frames = heard[:whole].reshape(-1, FRAME_SAMPLES)
        if dropped := max(0, len(frames) - MAX_WAITING):
            self._counters["streams.frames_dropped"] += dropped
        return [self._framing.wrap(frame) for frame in frames[dropped:]]

    @property
    def full(self) -> bool:
        """Whether the client has sent so much ahead that it has to wait."""
        return self._speech.full

    def advance(self) -> list[Reached]:
        """Play what waits; return the marks that were reached since the last call."""
        return self._speech.advance()

    def command(self, text: str) -> None:
        """Execute a client's command; anything else is ignored, and counted."""
        try:
            command = _COMMAND.validate_json(text)
        except ValidationError:
            self._counters["streams.texts_ignored"] += 1
            return
        if isinstance(command, _Clear):
            self._speech.clear()
        elif not self._speech.mark(command.name):
            self._counters["streams.marks_dropped"] += 1

    def give(self, message: bytes) -> None:
        """Play the audio of a message, behind what waits."""
        try:
            pcm = self._framing.unwrap(message)
        except MalformedFrame:
            self._counters["streams.messages_malformed"] += 1
            return
        self._speech.add(pcm)
        self._counters["streams.samples_heard"] += pcm.size

    def end(self) -> None:
        """End the stream: the client is notified; ending twice is harmless."""
        if not self.ended.done():
            self.ended.set_result(None)

    def close(self) -> None:
        """Close the audio; closing twice is harmless."""
        self.end()
        self._speech.close()
        self._audio.close()
