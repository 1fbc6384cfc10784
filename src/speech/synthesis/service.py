"""SpeechService: turns text into audio (text to speech).

    text or SSML -> pieces (text) -> cache, else the first engine that supports the language -> cache -> PCM

Engines run in processes of their own: HibariSpeech for English, EspeakSpeech for other languages.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from mixminus.log import task_failed
from mixminus.speech.synthesis.cache import SpeechCache
from mixminus.speech.synthesis.engine import Pcm, TextToSpeech, Utterance
from mixminus.speech.synthesis.errors import LanguageNotSpoken, SpeechBusy, SpeechFailed
from mixminus.speech.synthesis.text import Pause, Piece, pieces
from mixminus.tasks import TaskScope

__all__ = ["SpeechService"]

_MAX_WAITING: Final = 64


class SpeechService:
    """Owns engines and cache; concurrent requests for the same text are synthesised once."""

    def __init__(
        self, engines: Sequence[TextToSpeech], cache: SpeechCache, *, max_waiting: int = _MAX_WAITING
    ) -> None:
        self._engines = engines
        self._cache = cache
        self._max_waiting = max_waiting
        self._pending: dict[Utterance, asyncio.Future[Pcm]] = {}
        self._scope = TaskScope(task_failed("speech"))
        self._counters: Counter[str] = Counter(
            {"speech.spoken": 0, "speech.cached": 0, "speech.refused": 0, "speech.failed": 0}
        )

    @property
    def counters(self) -> Mapping[str, int]:
        losses = sum(engine.losses for engine in self._engines)
        return {**self._counters, "speech.process_losses": losses}

    async def say(self, utterance: Utterance) -> Pcm:
        """Return the audio, read-only.

        Raises LanguageNotSpoken, TextTooLong, SpeechBusy or SpeechFailed if there is none.
        """
        said = pieces(utterance.text)
        engine = await self._engine(utterance.language)
        if (pcm := self._cache.remembered(engine.name, utterance)) is not None:
            self._counters["speech.cached"] += 1
            return pcm
        if utterance not in self._pending:
            self._start(engine, utterance, said)
        # A cancelled caller does not cancel the synthesis: other callers and the cache still use it.
        return await asyncio.shield(self._pending[utterance])

    async def check(self, language: str) -> None:
        """Raise LanguageNotSpoken for a language without an engine."""
        await self._engine(language)

    async def close(self) -> None:
        """Stop all synthesis; closing twice is harmless."""
        await self._scope.close()
        for engine in self._engines:
            await engine.close()

    async def _engine(self, language: str) -> TextToSpeech:
        for engine in self._engines:
            if await engine.speaks(language):
                return engine
        raise LanguageNotSpoken(language)

    def _start(self, engine: TextToSpeech, utterance: Utterance, said: Sequence[Piece]) -> None:
        if len(self._pending) >= self._max_waiting:
            self._counters["speech.refused"] += 1
            raise SpeechBusy("too many texts are waiting for synthesis; try again")
        made: asyncio.Future[Pcm] = asyncio.get_running_loop().create_future()
        made.add_done_callback(
            lambda done: done.cancelled() or done.exception()
        )  # no caller may be left to retrieve it
        self._pending[utterance] = made
        self._scope.spawn("speak", self._run(engine, utterance, said, made))

    async def _run(
        self, engine: TextToSpeech, utterance: Utterance, said: Sequence[Piece], made: asyncio.Future[Pcm]
    ) -> None:
        try:
            pcm = await asyncio.to_thread(self._cache.find, engine.name, utterance)
            self._counters["speech.spoken" if pcm is None else "speech.cached"] += 1
            if pcm is None:
                pcm = await _synthesise(engine, utterance, said)
                await asyncio.to_thread(self._cache.keep, engine.name, utterance, pcm)
            self._cache.remember(engine.name, utterance, pcm)
            made.set_result(pcm)
        except SpeechFailed as failure:
            self._counters["speech.failed"] += 1
            made.set_exception(failure)
        except Exception:
            self._counters["speech.failed"] += 1
            made.set_exception(SpeechFailed("the text cannot be synthesised"))
            raise
        finally:
            made.cancel()  # no effect if done
            del self._pending[utterance]


async def _synthesise(engine: TextToSpeech, utterance: Utterance, said: Sequence[Piece]) -> Pcm:
    parts: list[Pcm] = []
    for piece in said:
        if isinstance(piece, Pause):
            parts.append(np.zeros(piece.duration_ms * utterance.sample_rate_hz // 1000, np.int16))
        else:
            parts.append(await engine.speak(piece.text, utterance))
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)
