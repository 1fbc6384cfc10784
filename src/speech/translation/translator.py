"""Translator: texts through Apertium's pipelines, one for each pair of languages in use.

What cannot be translated in time is left out, and counted: the caller keeps the original.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final

from mixminus.log import get, task_failed
from mixminus.speech.translation.pairs import Mode, installed_modes, mode_for
from mixminus.speech.translation.pipeline import Pipeline, PipelineBroken
from mixminus.tasks import TaskScope

__all__ = ["DEADLINE_S", "Translator"]

MOST_GIVEN: Final = 32
"""Texts that wait or are translated; more are left out."""
MOST_PAIRS: Final = 4
"""Pipelines at a time; one takes about 200 MB."""
DEADLINE_S: Final = 10.0
"""Of a text, from when it is given; a pipeline that takes so long is killed."""
PAUSE_S: Final = 30.0
"""After that its pair is not translated for so long: a stuck program must not delay each caption."""
IDLE_S: Final = 300.0
"""A pipeline without work for so long is ended."""
MOST_CHARACTERS: Final = 4000
FAILED: Final = "speech.translations_failed"
DROPPED: Final = "speech.translations_dropped"

log = get("speech")


class _Pair:
    """The pipeline of a mode, started by its first text."""

    def __init__(self, mode: Mode, let_go: Callable[[Pipeline], None]) -> None:
        """``let_go`` gets each pipeline that has to end."""
        self._mode = mode
        self._let_go = let_go
        self._lock = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._closed = False
        self.pipeline: Pipeline | None = None
        self.paused = False

    @property
    def busy(self) -> bool:
        return self._lock.locked()

    async def translate(self, text: str) -> str:
        """Raises OSError or PipelineBroken; of a failure or a cancellation no pipeline is left."""
        async with self._lock:
            if self._idle:
                self._idle.cancel()
            try:
                if self.pipeline and self.pipeline.ended:
                    self._end()
                if self.pipeline is None and not self._closed:
                    self.pipeline = await Pipeline.start(self._mode)
                if self.pipeline is None or self._closed:
                    raise PipelineBroken("closed")
                translated = await self.pipeline.translate(text)
            except BaseException:
                self._end()
                raise
            self._idle = asyncio.get_running_loop().call_later(IDLE_S, self._end)
            return translated

    def pause(self) -> None:
        """Let texts be left out for a while."""
        self.paused = True
        asyncio.get_running_loop().call_later(PAUSE_S, self._resume)

    def _resume(self) -> None:
        self.paused = False

    def close(self) -> None:
        """Kill the pipeline, and start no more; closing twice is harmless."""
        self._closed = True
        if not self.busy:
            self._end()
        elif self.pipeline:
            self.pipeline.kill()

    async def wait(self) -> None:
        """Wait until the texts that were given have an answer."""
        async with self._lock:
            pass

    def _end(self) -> None:
        if self._idle:
            self._idle.cancel()
        pipeline, self.pipeline = self.pipeline, None
        if pipeline:
            self._let_go(pipeline)


class Translator:
    """Counts what it leaves out in ``counters``."""

    def __init__(self, counters: Counter[str], *, deadline_s: float = DEADLINE_S) -> None:
        self._counters = counters
        self._counters.update({FAILED: 0, DROPPED: 0})
        self._deadline_s = deadline_s
        self._pairs: dict[Mode, _Pair] = {}
        """The last used is last."""
        self._given = 0
        self._closed = False
        self._scope = TaskScope(task_failed("speech"))
        self._endings: set[asyncio.Task[None]] = set()

    @property
    def pids(self) -> list[int]:
        """Process ids of the pipelines; each leads a process group."""
        return [
            pair.pipeline.pid for pair in self._pairs.values() if pair.pipeline and not pair.pipeline.ended
        ]

    def require(self, source: str, target: str) -> Mode:
        """Return the mode between two BCP 47 tags; raises TranslationNotSupported."""
        return mode_for(source, target, installed_modes())

    async def translate(self, text: str, mode: Mode) -> str:
        """Return the translation on one line; empty if there is none in time. Never raises."""
        pair = self._pair(mode) if self._given < MOST_GIVEN and len(text) <= MOST_CHARACTERS else None
        if pair is None or pair.paused:
            self._counters[DROPPED] += 1
            return ""
        self._given += 1
        try:
            async with asyncio.timeout(self._deadline_s):
                return await pair.translate(text)
        except (TimeoutError, OSError, PipelineBroken) as error:
            log.error("translation failed", mode=mode.name, cause=type(error).__name__)
            if isinstance(error, TimeoutError):
                pair.pause()
            self._counters[FAILED] += 1
            return ""
        finally:
            self._given -= 1

    async def close(self) -> None:
        """End all pipelines, and translate no more; closing twice is harmless."""
        self._closed = True
        for pair in self._pairs.values():
            pair.close()
        for pair in self._pairs.values():
            await pair.wait()
        self._pairs.clear()
        await asyncio.gather(*self._endings)

    def _pair(self, mode: Mode) -> _Pair | None:
        """Return the pair of a mode, in the place of the one that was not used for longest; None if all are busy."""
        if self._closed:
            return None
        pair = self._pairs.pop(mode, None)
        if pair is None and len(self._pairs) >= MOST_PAIRS:
            idle = next((known for known, each in self._pairs.items() if not each.busy), None)
            if idle is None:
                return None
            self._pairs.pop(idle).close()
        return self._pairs.setdefault(mode, pair or _Pair(mode, self._let_go))

    def _let_go(self, pipeline: Pipeline) -> None:
        pipeline.kill()
        self._endings = {each for each in self._endings if not each.done()}
        self._endings.add(self._scope.spawn(f"translator {pipeline.pid} ends", pipeline.wait()))
