"""Library: opens what a flow wants played: files below one folder, and whatever a fetcher brings."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from mixminus.sound.decoder import Decoder
from mixminus.sound.errors import SoundNotFound, SoundTooLarge
from mixminus.sound.source import FileSource, Source

__all__ = ["MAX_BYTES", "Fetch", "Library"]

Fetch = Callable[[str, int], Awaitable[bytes]]
"""Returns what is at an http(s) URL, up to a number of bytes; SoundNotFound, SoundTooLarge if it cannot."""

MAX_BYTES: Final = 20 << 20
_MAX_S: Final = 3600.0
_MAX_FETCHES: Final = 4
_THREADS: Final = 2

T = TypeVar("T")


async def no_fetch(url: str, max_bytes: int) -> bytes:
    raise SoundNotFound("sounds are not fetched from the network here")


class Library:
    """Owns the threads that decode."""

    def __init__(self, directory: Path, fetch: Fetch = no_fetch) -> None:
        self._directory = directory
        self._fetch = fetch
        self._fetching = asyncio.Semaphore(_MAX_FETCHES)
        self._threads = ThreadPoolExecutor(_THREADS, "mm-decode")

    async def open(self, address: str, sample_rate_hz: int) -> Source:
        """Return what an http(s) URL or a name below the folder means.

        SoundNotFound, SoundTooLarge or SoundUnreadable say why there is none.
        """
        if address.lower().startswith(("http://", "https://")):
            async with self._fetching:
                found: Path | bytes = await self._fetch(address, MAX_BYTES)
        else:
            found = await self._run(lambda: self._file(address))
        decoder = await self._run(lambda: Decoder(found, sample_rate_hz, max_s=_MAX_S))
        return FileSource(decoder, self._threads)

    async def find(self, folder: str, stem: str) -> str | None:
        """Return the name of a file below the folder of sounds, whatever its suffix; None if there is none."""

        def look() -> str | None:
            found = sorted((self._directory / folder).glob(f"{stem}.*"))
            return str(found[0].relative_to(self._directory)) if found else None

        return await self._run(look)

    def close(self) -> None:
        """Let the threads leave; closing twice is harmless."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _file(self, name: str) -> Path:
        try:
            folder = self._directory.resolve()
            path = (folder / name).resolve()
            # A link, or dots, may lead out of the folder: to what is nobody's business.
            if not path.is_relative_to(folder) or not path.is_file():
                raise SoundNotFound("no such file in the folder of sounds")
            size = path.stat().st_size
        except (OSError, ValueError) as error:
            raise SoundNotFound("no such file in the folder of sounds") from error
        if size > MAX_BYTES:
            raise SoundTooLarge(f"the file is larger than {MAX_BYTES} bytes")
        return path
