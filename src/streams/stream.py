"""MediaStream: one program's conversation with a room or a call, in messages, without the network."""

import asyncio
from collections import Counter
from typing import Final

import numpy as np

from mixminus.streams.audio import Audio
from mixminus.streams.framing import FRAME_SAMPLES, Encapsulation, MalformedFrame, Pcm, framing

__all__ = ["MediaStream"]

MOST_WAITING: Final = 50
"""Frames, a second: a client that reads slower misses the oldest."""


class MediaStream:
    """Frames of 20 ms each way; what does not fit is dropped, and counted."""

    def __init__(self, audio: Audio, encapsulation: Encapsulation, counters: Counter[str]) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the server ends it."""
        self._audio = audio
        self._framing = framing(encapsulation)
        self._counters = counters
        self._rest: Pcm = np.empty(0, np.int16)

    @property
    def over(self) -> bool:
        """Whether there is nothing to hear any more."""
        return self.ended.done() or self._audio.over

    def take(self) -> list[bytes]:
        """Return the messages that are due, oldest first."""
        heard = np.concatenate((self._rest, self._audio.read()))
        whole = heard.size // FRAME_SAMPLES * FRAME_SAMPLES
        self._rest = heard[whole:]
        frames = heard[:whole].reshape(-1, FRAME_SAMPLES)
        if dropped := max(0, len(frames) - MOST_WAITING):
            self._counters["streams.frames_dropped"] += dropped
        return [self._framing.wrap(frame) for frame in frames[dropped:]]

    def give(self, message: bytes) -> None:
        """Let what a message carries be heard."""
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
        """Let the client be told that it is over; ending twice is harmless."""
        if not self.ended.done():
            self.ended.set_result(None)

    def close(self) -> None:
        """Let go of the audio; closing twice is harmless."""
        self.end()
        self._audio.close()
