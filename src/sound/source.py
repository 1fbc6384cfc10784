"""Source: audio played from beginning to end in pieces; Decoder: files of any usual format as PCM.

Decoder is the only user of PyAV here. It blocks: call it in a thread.
"""

import asyncio
import io
import threading
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Final, Protocol

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer
from numpy.typing import NDArray

from mixminus.mixer.sounds import Pcm
from mixminus.sound.errors import SoundUnreadable

__all__ = ["Decoder", "FileSource", "PcmSource", "Source"]

# No playlist formats: only the file itself is read, nothing it refers to.
_FORMATS: Final = "aac,ac3,aiff,amr,ape,au,caf,flac,g722,gsm,matroska,mov,mp3,ogg,w64,wav,wv,alaw,mulaw"
_BY_SUFFIX: Final = {
    ".g722": "g722",
    ".ulaw": "mulaw",
    ".ul": "mulaw",
    ".alaw": "alaw",
    ".al": "alaw",
    ".gsm": "gsm",
}
"""Headerless formats, recognised by file name."""


class Decoder:
    """Decodes to mono PCM at a sample rate, up to a maximum length; closing twice is harmless.

    ``close`` may be called while another thread reads, and waits for it: PyAV crashes when a container is closed that
    decodes.
    """

    def __init__(self, file: Path | bytes, sample_rate_hz: int, *, max_s: float) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._left = round(max_s * sample_rate_hz)
        raw = io.BytesIO(file) if isinstance(file, bytes) else file.open("rb")
        guess = None if isinstance(file, bytes) else _BY_SUFFIX.get(file.suffix.lower())
        options = {"format_whitelist": _FORMATS, "protocol_whitelist": "none"}
        try:
            self._container: InputContainer = av.open(raw, "r", format=guess, options=options)
        except (av.FFmpegError, ValueError) as error:
            raw.close()
            raise SoundUnreadable("not audio, or not in a supported format") from error
        self._raw = raw
        self._lock = threading.Lock()
        if not self._container.streams.audio:
            self.close()
            raise SoundUnreadable("the file contains no audio")
        self._pieces = self._decode()

    def read(self) -> NDArray[np.int16] | None:
        """Return the next piece, usually less than a second; None at the end, and once closed."""
        with self._lock:
            try:
                piece = None if self._raw.closed else next(self._pieces, None)
            except av.FFmpegError as error:
                raise SoundUnreadable("the audio is corrupt") from error
        if piece is None or self._left <= 0:
            return None
        piece = piece[: self._left]
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        with self._lock:
            self._container.close()
            self._raw.close()

    def _decode(self) -> Iterator[NDArray[np.int16]]:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=self.sample_rate_hz)
        for frame in self._frames():
            for out in resampler.resample(frame):
                yield out.to_ndarray()[0].astype(np.int16)

    def _frames(self) -> Iterator[AudioFrame | None]:
        for frame in self._container.decode(audio=0):
            if isinstance(frame, AudioFrame):
                yield frame
        yield None  # flush the resampler


class Source(Protocol):
    """Audio for a player."""

    @property
    def sample_rate_hz(self) -> int: ...

    async def read(self) -> Pcm | None:
        """Return the next piece; None at the end."""
        ...

    async def close(self) -> None:
        """Release resources; closing twice is harmless."""
        ...


class PcmSource:
    """Audio in memory."""

    def __init__(self, pcm: Pcm, sample_rate_hz: int) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._rest: Pcm | None = pcm

    async def read(self) -> Pcm | None:
        piece, self._rest = self._rest, None
        return piece

    async def close(self) -> None:
        self._rest = None


class FileSource:
    """A file that is decoded in a thread while it is played, a piece at a time."""

    def __init__(self, decoder: Decoder, threads: Executor) -> None:
        self.sample_rate_hz = decoder.sample_rate_hz
        self._decoder = decoder
        self._threads = threads
        self._lock = asyncio.Lock()

    async def read(self) -> Pcm | None:
        async with self._lock:
            loop = asyncio.get_running_loop()
            # A thread cannot be interrupted: it goes on when this task is cancelled, and ``close`` waits for it.
            return await asyncio.shield(loop.run_in_executor(self._threads, self._decoder.read))

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.shield(loop.run_in_executor(self._threads, self._decoder.close))
