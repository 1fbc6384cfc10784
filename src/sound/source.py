"""Source: audio that is played from its beginning to its end, piece by piece."""

import asyncio
from concurrent.futures import Executor
from typing import Protocol

from mixminus.mixer.sounds import Pcm
from mixminus.sound.decoder import Decoder

__all__ = ["FileSource", "PcmSource", "Source"]


class Source(Protocol):
    """Where the player takes its audio from."""

    @property
    def sample_rate_hz(self) -> int: ...

    async def read(self) -> Pcm | None:
        """Return the next piece; None at the end."""
        ...

    async def close(self) -> None:
        """Let go of what is behind it; closing twice is harmless."""
        ...


class PcmSource:
    """Audio that is there as a whole."""

    def __init__(self, pcm: Pcm, sample_rate_hz: int) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._rest: Pcm | None = pcm

    async def read(self) -> Pcm | None:
        piece, self._rest = self._rest, None
        return piece

    async def close(self) -> None:
        self._rest = None


class FileSource:
    """A file that is decoded as it is played, in a thread: never more of it is in memory than a piece."""

    def __init__(self, decoder: Decoder, threads: Executor) -> None:
        self.sample_rate_hz = decoder.sample_rate_hz
        self._decoder = decoder
        self._threads = threads
        self._turn = asyncio.Lock()

    async def read(self) -> Pcm | None:
        async with self._turn:
            loop = asyncio.get_running_loop()
            # A thread cannot be interrupted: whoever closes waits for the piece that is being decoded.
            return await asyncio.shield(loop.run_in_executor(self._threads, self._decoder.read))

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.shield(loop.run_in_executor(self._threads, self._decoder.close))
