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
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from mixminus.errors import MixMinusError
from mixminus.log import get, task_failed
from mixminus.mixer import Bridge, BridgePort, Engine
from mixminus.mixer.sounds import SOUND_RATE_HZ, Pcm, beep
from mixminus.model.conference import Wording
from mixminus.model.playback import PlaybackRequest
from mixminus.sound.library import SoundLibrary
from mixminus.sound.player import Player, rate_for
from mixminus.sound.programme import Opener, Programme
from mixminus.sound.prompts import DEFAULT_LANGUAGE, SOUND, fill, wording
from mixminus.sound.source import PcmSource, Source
from mixminus.speech.synthesis.engine import Utterance
from mixminus.speech.synthesis.service import SpeechService
from mixminus.speech.synthesis.text import pieces
from mixminus.tasks import Interrupted, TaskScope, unless

__all__ = ["SoundService"]

_MAX_BACKGROUND: Final = 256
NO_FACTS: Final[Mapping[str, str]] = MappingProxyType({})

log = get("sound")


class SoundService:
    """Plays texts, files and prompts to a port or a bridge; see the module's docstring."""

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
        """Return a text as speech at the place's sample rate; raises as ``SpeechService.say``."""
        rate_hz = rate_for(place)
        utterance = Utterance(text, language or self._language, voice, rate_hz)
        return PcmSource(await self._speech.say(utterance), rate_hz)

    async def open(self, place: BridgePort | Bridge, address: str) -> Source:
        """Open a file of the folder of sounds or an http(s) URL; raises as ``SoundLibrary.open``."""
        return await self._library.open(address, rate_for(place))

    async def programme(self, place: BridgePort | Bridge, request: PlaybackRequest) -> Programme:
        """Return what a playback consists of, at the place's sample rate; it is not open yet.

        Each file is found once, and its URL fetched once, before anything is played: raises as ``SoundLibrary.load``
        and ``synthesise``.
        """
        rate_hz = rate_for(place)
        if request.stream_urls:
            found = [await self._library.load(address) for address in request.stream_urls]
            openers: list[Opener] = [partial(self._library.decode, each, rate_hz) for each in found]
        else:
            utterance = Utterance(request.text, request.language or self._language, request.voice, rate_hz)
            pcm = await self._speech.say(utterance)
            openers = [partial(_in_memory, pcm, rate_hz)]
        return Programme(openers, rate_hz, loop=request.loop, gain_db=request.gain_db)

    async def check_text(self, text: str, language: str) -> None:
        """Raise TextTooLong, or LanguageNotSpoken, for a text that cannot be synthesised."""
        pieces(text)
        await self._speech.check(language or self._language)

    def beep(self) -> Source:
        return PcmSource(beep(), SOUND_RATE_HZ)

    async def play(self, port: BridgePort, source: Source) -> None:
        """Play to one participant, to the end; see ``Player.play``."""
        await self._player.play(port, source)

    async def play_to_room(self, bridge: Bridge, source: Source) -> None:
        """Play to all participants of a room, to the end; see ``Player.play_to_room``."""
        await self._player.play_to_room(bridge, source)

    async def prompt(
        self, port: BridgePort, name: str, words: Wording, facts: Mapping[str, str] = NO_FACTS
    ) -> None:
        """Play a prompt to one participant, to the end; a failure is counted and logged."""
        with self._log_failure(name):
            await self._player.play(port, await self._open_prompt(port, name, words, facts))

    def announce_prompt(
        self, bridge: Bridge, name: str, words: Wording, facts: Mapping[str, str] = NO_FACTS
    ) -> None:
        """Play a prompt to all participants of a room, in the background."""
        self._spawn(self._announce_prompt(bridge, name, words, facts))

    def play_in_background(self, port: BridgePort, source: Source, over: asyncio.Future[Any]) -> None:
        """Play to one participant in the background, until the end or ``over``."""
        self._spawn(self._play_until(port, source, over))

    def prompt_in_background(
        self,
        port: BridgePort,
        name: str,
        words: Wording,
        over: asyncio.Future[Any],
        facts: Mapping[str, str] = NO_FACTS,
    ) -> None:
        """Play a prompt to one participant in the background, until the end or ``over``."""
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
        """Stop all background playback; closing twice is harmless."""
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
            self._scope.spawn("play", work)

    @contextmanager
    def _log_failure(self, name: str) -> Iterator[None]:
        try:
            yield
        except MixMinusError as failure:
            self._counters["sound.prompts_failed"] += 1
            log.warning("prompt not played", prompt=name, reason=failure.reason)


async def _in_memory(pcm: Pcm, sample_rate_hz: int) -> Source:
    return PcmSource(pcm, sample_rate_hz)


async def _race(over: asyncio.Future[Any], work: Coroutine[Any, Any, None]) -> None:
    with suppress(Interrupted):
        await unless((over,), work)
