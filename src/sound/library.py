"""SoundLibrary: opens sound files below one folder or from a URL; HoldMusic: the music on hold."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from mixminus.log import get
from mixminus.mixer.sounds import SOUND_RATE_HZ, Pcm, music
from mixminus.sound.errors import SoundNotFound, SoundTooLarge, SoundUnreadable
from mixminus.sound.source import Decoder, FileSource, Source
from mixminus.threads import named_threads

__all__ = ["MAX_BYTES", "Fetch", "HoldMusic", "SoundLibrary", "load_hold_music"]

Fetch = Callable[[str, int], Awaitable[bytes]]
"""Fetches an http(s) URL, up to a number of bytes; SoundNotFound, SoundTooLarge."""

MAX_BYTES: Final = 20 << 20
_MAX_S: Final = 3600.0
_MAX_FETCHES: Final = 4
_THREADS: Final = 2
_MAX_MUSIC_S: Final = 600.0
"""Of all music files together: they are kept in memory, 2 bytes per sample."""
_MAX_MUSIC_FILES: Final = 20

T = TypeVar("T")
log = get("sound")


async def no_fetch(url: str, max_bytes: int) -> bytes:
    raise SoundNotFound("fetching sounds from the network is disabled")


class SoundLibrary:
    """Owns the decoder threads."""

    def __init__(self, directory: Path, fetch: Fetch = no_fetch) -> None:
        self._directory = directory
        self._fetch = fetch
        self._fetching = asyncio.Semaphore(_MAX_FETCHES)
        self._threads = named_threads(_THREADS, "mm-decode")

    async def open(self, address: str, sample_rate_hz: int) -> Source:
        """Open an http(s) URL, or a file below the folder of sounds.

        Raises SoundNotFound, SoundTooLarge or SoundUnreadable.
        """
        return await self.decode(await self.load(address), sample_rate_hz)

    async def load(self, address: str) -> Path | bytes:
        """Return the file of an address, or the content of an http(s) URL; SoundNotFound, SoundTooLarge."""
        if address.lower().startswith(("http://", "https://")):
            async with self._fetching:
                return await self._fetch(address, MAX_BYTES)
        return await self._run(lambda: self._file(address))

    async def decode(self, found: Path | bytes, sample_rate_hz: int) -> Source:
        """Open what ``load`` has returned; raise SoundUnreadable."""
        opening = self._threads.submit(Decoder, found, sample_rate_hz, max_s=_MAX_S)
        try:
            return FileSource(await asyncio.wrap_future(opening), self._threads)
        except asyncio.CancelledError:
            # A thread cannot be interrupted: what it opens is closed when that is done.
            opening.add_done_callback(_close)
            raise

    async def find(self, folder: str, stem: str) -> str | None:
        """Return the name of the file with this stem in the folder of sounds; None if missing."""

        def look() -> str | None:
            found = sorted((self._directory / folder).glob(f"{stem}.*"))
            return str(found[0].relative_to(self._directory)) if found else None

        return await self._run(look)

    def close(self) -> None:
        """End the threads after what they have to do, such as closing files; closing twice is harmless."""
        self._threads.shutdown(wait=False)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _file(self, name: str) -> Path:
        try:
            folder = self._directory.resolve()
            path = (folder / name).resolve()
            # Links and dots that lead out of the folder are refused.
            if not path.is_relative_to(folder) or not path.is_file():
                raise SoundNotFound("no such file in the folder of sounds")
            size = path.stat().st_size
        except (OSError, ValueError) as error:
            raise SoundNotFound("no such file in the folder of sounds") from error
        if size > MAX_BYTES:
            raise SoundTooLarge(f"the file is larger than {MAX_BYTES} bytes")
        return path


def _close(opening: Future[Decoder]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


@dataclass(frozen=True, slots=True, eq=False)
class HoldMusic:
    """Music on hold, played in a loop, at the rate of narrow-band rooms."""

    pcm: Pcm
    sample_rate_hz: int = SOUND_RATE_HZ


async def load_hold_music(folders: Sequence[Path]) -> HoldMusic:
    """Return the music of the first folder that has any; built-in music if none has."""
    return await asyncio.to_thread(_load, folders)


def _load(folders: Sequence[Path]) -> HoldMusic:
    for folder in folders:
        pieces: list[Pcm] = []
        for path in sorted(path for path in folder.glob("*") if path.is_file())[:_MAX_MUSIC_FILES]:
            try:
                _read(path, pieces)
            except (SoundUnreadable, OSError):
                log.warning("music not readable", folder=str(folder))
        if pieces:
            pcm = np.concatenate(pieces)
            pcm.flags.writeable = False
            return HoldMusic(pcm)
    return HoldMusic(music())


def _read(path: Path, pieces: list[Pcm]) -> None:
    left_s = _MAX_MUSIC_S - sum(map(len, pieces)) / SOUND_RATE_HZ
    if left_s <= 0:
        return
    decoder = Decoder(path, SOUND_RATE_HZ, max_s=left_s)
    try:
        while (piece := decoder.read()) is not None:
            pieces.append(piece)
    finally:
        decoder.close()
