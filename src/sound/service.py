"""SoundService: plays sounds and prompts to one caller or to a room.

    text       -> SpeechService (speech/synthesis) -+
    file, URL  -> SoundLibrary -> Decoder ----------+-> Source -> Player -> playout of a port or a bridge
    prompt     -> the room's wording, a file, or a built-in text -> one of the two

A prompt that cannot be played is logged and counted; it never ends a call.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any, Final

from mixminus.errors import MixMinusError
from mixminus.log import get, task_failed
from mixminus.mixer import Bridge, BridgePort, Engine
from mixminus.mixer.sounds import SOUND_RATE_HZ, beep
from mixminus.model.conference import Wording
from mixminus.sound.library import SoundLibrary
from mixminus.sound.player import Player, rate_for
from mixminus.sound.prompts import DEFAULT_LANGUAGE, SOUND, fill, wording
from mixminus.sound.source import PcmSource, Source
from mixminus.speech.synthesis.engine import Utterance
from mixminus.speech.synthesis.service import SpeechService
from mixminus.tasks import Interrupted, TaskScope, unless

__all__ = ["SoundService"]

_MAX_BACKGROUND: Final = 256
NO_FACTS: Final[Mapping[str, str]] = MappingProxyType({})

log = get("sound")


class SoundService:
    """Makes audio of texts, names and addresses, and has it played; a prompt is never worth a call."""

    def __init__(
        self,
        engine: Engine,
        *,
        player: Player,
        speech: SpeechService,
        library: SoundLibrary,
        language: str = DEFAULT_LANGUAGE,
    ) -> None:
        self._engine = engine
        self._player = player
        self._speech = speech
        self._library = library
        self._language = language
        self._scope = TaskScope(task_failed("sound"))
        self._counters: Counter[str] = Counter({"sound.prompts_failed": 0, "sound.asides_dropped": 0})

    @property
    def counters(self) -> Mapping[str, int]:
        return {**self._counters, **self._player.counters, **self._speech.counters}

    async def synthesise(
        self, place: BridgePort | Bridge, text: str, *, language: str = "", voice: str = ""
    ) -> Source:
        """Return a text as it will be heard there; errors of ``SpeechService.say``."""
        rate_hz = rate_for(place)
        utterance = Utterance(text, language or self._language, voice, rate_hz)
        return PcmSource(await self._speech.say(utterance), rate_hz)

    async def open(self, place: BridgePort | Bridge, address: str) -> Source:
        """Return a file of the folder, or of an http(s) URL; errors of ``SoundLibrary.open``."""
        return await self._library.open(address, rate_for(place))

    def beep(self) -> Source:
        return PcmSource(beep(), SOUND_RATE_HZ)

    async def play(self, port: BridgePort, source: Source) -> None:
        """Let one participant hear it, to its end; see ``Player.play``."""
        await self._player.play(port, source)

    async def prompt(
        self, port: BridgePort, name: str, words: Wording, facts: Mapping[str, str] = NO_FACTS
    ) -> None:
        """Tell one participant something, in the room's words; what cannot be told is counted and left out."""
        with self._log_failure(name):
            await self._player.play(port, await self._open_prompt(port, name, words, facts))

    def announce(self, bridge: Bridge, text: str, language: str = "") -> None:
        """Tell a room something, meanwhile; whoever is not in it does not hear it."""
        self._spawn(self._announce(bridge, text, language))

    def announce_prompt(
        self, bridge: Bridge, name: str, words: Wording, facts: Mapping[str, str] = NO_FACTS
    ) -> None:
        """Tell a room something in its own words, meanwhile."""
        self._spawn(self._announce_prompt(bridge, name, words, facts))

    def play_in_background(self, port: BridgePort, source: Source, over: asyncio.Future[Any]) -> None:
        """Let one participant hear something meanwhile, until its call is over."""
        self._spawn(self._play_until(port, source, over))

    def prompt_in_background(
        self,
        port: BridgePort,
        name: str,
        words: Wording,
        over: asyncio.Future[Any],
        facts: Mapping[str, str] = NO_FACTS,
    ) -> None:
        """Tell one participant something meanwhile, until its call, or its stay, is over."""
        self._spawn(_race(over, self.prompt(port, name, words, facts)))

    @contextmanager
    def echo(self, port: BridgePort) -> Iterator[None]:
        """Let a participant hear itself, alone on a bridge, during the block."""
        with self._engine.open_bridge() as bridge:
            port.set_hears_itself(True)
            port.join(bridge)
            try:
                yield
            finally:
                if not port.closed:
                    port.leave()
                    port.set_hears_itself(False)

    async def close(self) -> None:
        """Stop what is told meanwhile; closing twice is harmless."""
        await self._scope.close()

    async def _open_prompt(
        self, place: BridgePort | Bridge, name: str, words: Wording, facts: Mapping[str, str]
    ) -> Source:
        language = words.language or self._language
        if name not in words.own:
            for tag in (language, language.partition("-")[0]):
                if file := await self._library.find(f"prompts/{tag}", name):
                    return await self.open(place, file)
        text, language = wording(name, language, words.own)
        if text.startswith(SOUND):
            return await self.open(place, text.removeprefix(SOUND))
        return await self.synthesise(place, fill(text, facts), language=language)

    async def _announce(self, bridge: Bridge, text: str, language: str) -> None:
        with self._log_failure("announcement"):
            await self._player.play_to_room(bridge, await self.synthesise(bridge, text, language=language))

    async def _announce_prompt(
        self, bridge: Bridge, name: str, words: Wording, facts: Mapping[str, str]
    ) -> None:
        with self._log_failure(name):
            await self._player.play_to_room(bridge, await self._open_prompt(bridge, name, words, facts))

    async def _play_until(self, port: BridgePort, source: Source, over: asyncio.Future[Any]) -> None:
        with self._log_failure("synthesise"):
            await _race(over, self._player.play(port, source))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if len(self._scope) >= _MAX_BACKGROUND:
            self._counters["sound.asides_dropped"] += 1
            work.close()
        else:
            self._scope.spawn("tell", work)

    @contextmanager
    def _log_failure(self, name: str) -> Iterator[None]:
        try:
            yield
        except MixMinusError as failure:
            self._counters["sound.prompts_failed"] += 1
            log.warning("not told", prompt=name, reason=failure.reason)


async def _race(over: asyncio.Future[Any], work: Coroutine[Any, Any, None]) -> None:
    with suppress(Interrupted):
        await unless((over,), work)
