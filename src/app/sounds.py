"""The sounds of the house: engines, cache, folder and network, put together and closed in reverse."""

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
    """What an operator may choose of the sounds."""

    directory: Path
    """Files that may be played, with ``moh`` and ``prompts`` in it."""
    cache_directory: Path | None = None
    """Where what was said is kept."""
    language: str = DEFAULT_LANGUAGE


@dataclass(frozen=True, slots=True)
class Sounds:
    """What is heard, and what is heard while waiting."""

    service: SoundService
    tune: HoldMusic


@asynccontextmanager
async def open_sounds(
    engine: Engine, clock: Clock, config: SoundConfig, private_targets: bool
) -> AsyncIterator[Sounds]:
    """Build the service; nothing is loaded, started or fetched before somebody wants it, but for the music."""
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
