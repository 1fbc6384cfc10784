"""FileSource: a sound that is closed while a thread reads it."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mixminus.sound.source import Decoder, FileSource
from tests.support.tones import tone, write_wav

RATE_HZ = 16_000
BYTES = 1 << 19
"""More than FFmpeg reads to find out the format."""


class Pipe:
    """A sound file whose reader waits for what is written next."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "pipe.wav"
        os.mkfifo(self.path)
        self._end = os.open(self.path, os.O_RDWR)
        fcntl.fcntl(self._end, fcntl.F_SETPIPE_SZ, 1 << 20)
        self._sound = write_wav(
            folder / "whole.wav", tone(700, 60, sample_rate_hz=RATE_HZ), RATE_HZ
        ).read_bytes()
        self._written = 0

    @property
    def is_empty(self) -> bool:
        return not int.from_bytes(fcntl.ioctl(self._end, 0x541B, bytes(4)), "little")  # FIONREAD

    def write(self, size: int = BYTES) -> None:
        self._written += os.write(self._end, self._sound[self._written : self._written + size])

    def close(self) -> None:
        os.close(self._end)


@pytest.fixture
async def pipe(tmp_path: Path) -> AsyncIterator[Pipe]:
    opened = Pipe(tmp_path)
    yield opened
    opened.close()


async def blocked_read(source: FileSource, pipe: Pipe) -> asyncio.Task[object]:
    """Read until a thread waits for more of the file; return the task of that read."""
    while True:
        task = asyncio.create_task(source.read())
        done, _ = await asyncio.wait({task}, timeout=0.5)
        if not done and pipe.is_empty:
            return task
        await task


async def test_close_waits_for_the_thread_that_reads(pipe: Pipe) -> None:
    pipe.write()
    with ThreadPoolExecutor(2) as threads:
        source = FileSource(Decoder(pipe.path, RATE_HZ, max_s=3600), threads)
        reader = await blocked_read(source, pipe)
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        closing = asyncio.create_task(source.close())
        done, _ = await asyncio.wait({closing}, timeout=0.2)
        assert not done, "the thread still decodes"
        pipe.write()
        await closing
        assert await source.read() is None
