"""SpeakingSession: the texts that wait in one speaking, and the one that is said now."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any, Final

from mixminus.call.errors import SpeakingQueueFull
from mixminus.errors import MixMinusError
from mixminus.log import get
from mixminus.mixer import Bridge, BridgePort, PortClosed
from mixminus.sound.service import SoundService
from mixminus.tasks import Interrupted, unless

__all__ = ["MAX_WAITING", "SpeakingSession"]

MAX_WAITING: Final = 64
"""Texts of one session, with the one that is said."""

_log = get("speaking")


class SpeakingSession:
    """Says texts in order, at one place: to a call, or to a room."""

    def __init__(
        self,
        place: BridgePort | Bridge,
        over: Iterable[asyncio.Future[Any]],
        sounds: SoundService,
        *,
        language: str,
        voice: str,
    ) -> None:
        """``over``: the ends of the place."""
        self._place = place
        self._sounds = sounds
        self._language = language
        self._voice = voice
        self._stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ends = (self._stopped, *over)
        self._texts: deque[str] = deque()
        self._arrived = asyncio.Event()
        self._flushed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.failed = 0
        """Texts that could not be synthesised or played."""

    async def check(self, text: str) -> None:
        """Raise TextTooLong or LanguageNotSpoken for a text that cannot be said."""
        await self._sounds.check_text(text, self._language)

    def say(self, text: str) -> None:
        """Append a text; raise SpeakingQueueFull."""
        if len(self._texts) >= MAX_WAITING:
            raise SpeakingQueueFull(f"{MAX_WAITING} texts are waiting; flush them, or wait for one to end")
        self._texts.append(text)
        self._arrived.set()

    def flush(self) -> None:
        """Discard all texts, with the one that is said now."""
        self._texts.clear()
        self._flushed.set_result(None)
        self._flushed = asyncio.get_running_loop().create_future()

    def stop(self) -> None:
        """End ``run``; harmless when it has ended."""
        if not self._stopped.done():
            self._stopped.set_result(None)

    async def run(self) -> None:
        """Say what comes, until the session is stopped or its place is gone."""
        try:
            while True:
                await unless(self._ends, self._arrived.wait())
                while self._texts:
                    await self._say(self._texts[0], self._flushed)
                self._arrived.clear()
        except (Interrupted, PortClosed):
            pass

    async def _say(self, text: str, flushed: asyncio.Future[None]) -> None:
        try:
            await unless((*self._ends, flushed), self._play(text))
        except Interrupted:
            if not flushed.done():
                raise
            return
        except PortClosed:
            raise
        except MixMinusError as error:
            self.failed += 1
            _log.warning("text not said", reason=error.reason)
        if not flushed.done():
            self._texts.popleft()

    async def _play(self, text: str) -> None:
        place = self._place
        speech = await self._sounds.synthesise(place, text, language=self._language, voice=self._voice)
        if isinstance(place, Bridge):
            await self._sounds.play_to_room(place, speech)
        else:
            await self._sounds.play(place, speech)
