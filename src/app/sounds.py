"""Builds the sound service: speech engines, cache, sound folder, downloads; closes them in reverse order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mixminus.clock import Clock
from mixminus.delivery.outgoing import SoundFetcher
from mixminus.mixer import Engine
from mixminus.sound.library import HoldMusic, SoundLibrary, load_hold_music
from mixminus.sound.player import Player
from mixminus.sound.prompts import DEFAULT_LANGUAGE
from mixminus.sound.service import SoundService
from mixminus.speech.synthesis.cache import SpeechCache
from mixminus.speech.synthesis.espeak import EspeakSpeech
from mixminus.speech.synthesis.hibari import HibariSpeech
from mixminus.speech.synthesis.service import SpeechService

__all__ = ["SoundConfig", "Sounds", "open_sounds"]

# Where Debian's asterisk-moh-opsound-wav puts its music (CC-BY-SA 3.0).
_DEBIAN_MUSIC: Final = Path("/usr/share/asterisk/moh")


@dataclass(frozen=True, slots=True)
class SoundConfig:
    """Settings of the sound service."""

    directory: Path
    """Folder of the files that may be played, with subfolders ``moh`` and ``prompts``."""
    cache_directory: Path | None = None
    """Cache of synthesised speech; None for no cache."""
    language: str = DEFAULT_LANGUAGE


@dataclass(frozen=True, slots=True)
class Sounds:
    """The sound service, and the music on hold."""

    service: SoundService
    tune: HoldMusic


@asynccontextmanager
async def open_sounds(
    engine: Engine, clock: Clock, config: SoundConfig, private_targets: bool
) -> AsyncIterator[Sounds]:
    """Build the service; everything except the music is loaded on first use."""
    fetcher = SoundFetcher(private_targets=private_targets)
    library = SoundLibrary(config.directory, fetcher.fetch)
    speech = SpeechService((HibariSpeech(), EspeakSpeech()), SpeechCache(config.cache_directory))
    service = SoundService(
        engine, player=Player(engine, clock), speech=speech, library=library, language=config.language
    )
    try:
        yield Sounds(service, await load_hold_music((config.directory / "moh", _DEBIAN_MUSIC)))
    finally:
        await service.close()
        await speech.close()
        library.close()
        await fetcher.close()
