"""Tune: the music that plays while somebody waits: the operator's files, Debian's, or a pad of our own."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from mixminus.log import get
from mixminus.mixer.sounds import SOUND_RATE_HZ, Pcm, music
from mixminus.sound.decoder import Decoder
from mixminus.sound.errors import SoundUnreadable

__all__ = ["Tune", "load_tune"]

_LONGEST_S: Final = 600.0
"""Of all files together: they are kept in memory, 2 bytes a sample."""
_MOST_FILES: Final = 20

log = get("sound")


@dataclass(frozen=True, slots=True, eq=False)
class Tune:
    """Music that is played again from its beginning when it is over, at the rate of narrow rooms."""

    pcm: Pcm
    sample_rate_hz: int = SOUND_RATE_HZ


async def load_tune(folders: Sequence[Path]) -> Tune:
    """Return what the first folder has that has music; the pad if none has."""
    return await asyncio.to_thread(_load, folders)


def _load(folders: Sequence[Path]) -> Tune:
    for folder in folders:
        pieces: list[Pcm] = []
        for path in sorted(path for path in folder.glob("*") if path.is_file())[:_MOST_FILES]:
            try:
                _read(path, pieces)
            except (SoundUnreadable, OSError):
                log.warning("music not readable", folder=str(folder))
        if pieces:
            pcm = np.concatenate(pieces)
            pcm.flags.writeable = False
            return Tune(pcm)
    return Tune(music())


def _read(path: Path, pieces: list[Pcm]) -> None:
    left_s = _LONGEST_S - sum(map(len, pieces)) / SOUND_RATE_HZ
    if left_s <= 0:
        return
    decoder = Decoder(path, SOUND_RATE_HZ, max_s=left_s)
    try:
        while (piece := decoder.read()) is not None:
            pieces.append(piece)
    finally:
        decoder.close()
