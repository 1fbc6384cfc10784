"""MediaStream: messages between a program and the audio of a room or a call, without the network."""

import asyncio
from collections import Counter, deque
from typing import Final

import numpy as np

from mixminus.streams.audio import Audio
from mixminus.streams.dialect import Clear, Dialect, Mark, Message, Stop, UnknownMessage
from mixminus.streams.framing import MalformedFrame, Pcm
from mixminus.streams.speech import Budget, Speech

__all__ = ["MediaStream"]

_FRAMES_PER_SECOND: Final = 50
MAX_WAITING: Final = 50
"""Frames, one second: a program that reads slower, or is not connected, loses the oldest."""
MAX_DIGITS: Final = 32


class MediaStream:
    """Frames of 20 ms to the program, which loses what it does not read; audio of any length from it, which waits.

    ``dialect`` is of the present connection; audio that waits and marks outlast it.
    """

    def __init__(
        self, audio: Audio, dialect: Dialect, counters: Counter[str], budget: Budget | None = None
    ) -> None:
        self.dialect = dialect
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the server, the client or the program ends the stream."""
        self._audio = audio
        self._counters = counters
        self._frame_samples = audio.sample_rate_hz // _FRAMES_PER_SECOND
        self._rest: Pcm = np.empty(0, np.int16)
        self._digits: deque[str] = deque(maxlen=MAX_DIGITS)
        self._speech = Speech(audio, audio.sample_rate_hz, budget or Budget())

    @property
    def over(self) -> bool:
        """Whether the stream or its audio has ended."""
        return self.ended.done() or self._audio.over

    @property
    def full(self) -> bool:
        """Whether the program has sent so much ahead that it has to wait."""
        return self._speech.full

    def advance(self) -> list[Message]:
        """Play what waits; return the messages that are due: marks, digits, and the audio, oldest first."""
        messages = [self.dialect.reached(mark) for mark in self._speech.advance()]
        while self._digits:
            messages += self.dialect.digit(self._digits.popleft())
        return messages + [self.dialect.audio(frame) for frame in self._frames()]

    def skip(self) -> None:
        """Play what waits while no program is connected: what is heard meanwhile is dropped; marks and digits wait."""
        self._speech.play()
        self._counters["streams.frames_dropped"] += len(self._frames())

    def press(self, digit: str) -> None:
        """Report a digit of the caller to the program; the oldest is lost if too many wait."""
        self._counters["streams.digits_dropped"] += len(self._digits) == MAX_DIGITS
        self._digits.append(digit)

    def hear(self, message: Message) -> None:
        """Do what a message of the program says; one that means nothing is ignored, and counted."""
        try:
            command = self.dialect.parse(message)
        except UnknownMessage:
            self._counters["streams.texts_ignored"] += 1
        except MalformedFrame:
            self._counters["streams.messages_malformed"] += 1
        else:
            match command:
                case Clear():
                    self._speech.clear()
                case Mark(name):
                    self._counters["streams.marks_dropped"] += not self._speech.mark(name)
                case Stop():
                    self.end()
                case pcm:
                    self._speech.add(pcm)
                    self._counters["streams.samples_heard"] += pcm.size

    def end(self) -> None:
        """End the stream; ending twice is harmless."""
        if not self.ended.done():
            self.ended.set_result(None)

    def close(self) -> None:
        """Close the audio; closing twice is harmless."""
        self.end()
        self._speech.close()
        self._audio.close()

    def _frames(self) -> list[Pcm]:
        heard = np.concatenate((self._rest, self._audio.read()))
        whole = heard.size // self._frame_samples * self._frame_samples
        self._rest = heard[whole:]
        frames = heard[:whole].reshape(-1, self._frame_samples)
        dropped = max(0, len(frames) - MAX_WAITING)
        self._counters["streams.frames_dropped"] += dropped
        return list(frames[dropped:])
