"""MediaStream: frames between a client and the audio of a room or a call, without the network.

RoomAudio takes part in a room as one more participant. CallAudio taps one call, and plays to that call only.
"""

import asyncio
import enum
from collections import Counter
from typing import Final, Protocol

import numpy as np

from mixminus.mixer import HEARD, MIX, Bridge, BridgePort, Engine
from mixminus.streams.framing import (
    FRAME_SAMPLES,
    SAMPLE_RATE_HZ,
    Encapsulation,
    MalformedFrame,
    Pcm,
    framing,
)

__all__ = ["Audio", "CallAudio", "Direction", "MediaStream", "RoomAudio"]

MAX_WAITING: Final = 50
"""Frames, one second: a client that reads slower loses the oldest."""
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
        return self._port.write(pcm)

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

    def take_losses(self) -> int:
        """Return the number of records lost since the last call because the reader was too slow."""
        losses, self._losses = self._tap.overruns - self._losses, self._tap.overruns
        return losses

    def close(self) -> None:
        self._playout.close()
        self._tap.close()


class MediaStream:
    """Frames of 20 ms in both directions; what does not fit is dropped and counted."""

    def __init__(self, audio: Audio, encapsulation: Encapsulation, counters: Counter[str]) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the server ends the stream."""
        self._audio = audio
        self._framing = framing(encapsulation)
        self._counters = counters
        self._rest: Pcm = np.empty(0, np.int16)

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

    def give(self, message: bytes) -> None:
        """Play the audio of a message."""
        try:
            pcm = self._framing.unwrap(message)
        except MalformedFrame:
            self._counters["streams.messages_malformed"] += 1
            return
        written = self._audio.write(pcm)
        self._counters["streams.samples_heard"] += written
        if missed := pcm.size - written:
            self._counters["streams.samples_overrun"] += missed

    def end(self) -> None:
        """End the stream: the client is notified; ending twice is harmless."""
        if not self.ended.done():
            self.ended.set_result(None)

    def close(self) -> None:
        """Close the audio; closing twice is harmless."""
        self.end()
        self._audio.close()
