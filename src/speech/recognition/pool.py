"""RecogniserPool: worker processes that recognise speech, started on demand.

A worker that dies, or does not answer, is restarted after a delay that doubles with each failure; its sessions send again what it
had not acknowledged.
"""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mixminus.clock import SystemClock
from mixminus.heartbeat import Heartbeat, watch
from mixminus.log import get, task_failed
from mixminus.speech.recognition.command_queue import CommandQueue, QueueLimits, SpillQueue
from mixminus.speech.recognition.engine import AUTOMATIC
from mixminus.speech.recognition.errors import LanguageNotSupported
from mixminus.speech.recognition.messages import (
    HEADER,
    MalformedMessage,
    Ping,
    Pinged,
    Ready,
    Report,
    decode,
    encode,
    lengths,
)
from mixminus.speech.recognition.whisper import check
from mixminus.tasks import TaskScope

__all__ = ["RecogniserPool", "SpeechConfig"]

WORKER: Final = "mixminus.speech.recognition.worker"
FIRST_DELAY_S: Final = 0.1
MAX_DELAY_S: Final = 10.0
EXIT_S: Final = 5.0
# Niced: on a busy machine it may have to wait for the mixing.
MOST_UNANSWERED: Final = 10

log = get("speech")


@dataclass(frozen=True, slots=True)
class SpeechConfig:
    """Settings of speech recognition."""

    model_folder: str = ""
    """Folder of another Whisper model; empty selects the English one of the extra ``stt``."""
    workers: int = 0
    """Maximum number of processes; 0 is one per two cores."""
    queue_folder: Path = Path("speech")
    limits: QueueLimits = field(default_factory=QueueLimits)
    engine: str = "mixminus.speech.recognition.whisper:load"
    check: Callable[[str], frozenset[str]] = check
    """Returns the supported languages, before any process is started."""
    log_level: str = "info"
    log_json: bool = False
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def max_workers(self) -> int:
        return self.workers or max(1, (os.cpu_count() or 1) // 2)


class RecogniserPool:
    """Assigns each session to the worker with the fewest sessions."""

    def __init__(self, config: SpeechConfig) -> None:
        self._config = config
        self._workers: list[_WorkerProcess] = []
        self.counters: Counter[str] = Counter(
            {
                "speech.behind": 0,
                "speech.records_dropped": 0,
                "speech.transcripts_lost": 0,
                "speech.worker_losses": 0,
                "speech.workers_stuck": 0,
            }
        )

    def require(self, language: str) -> str:
        """Return a tag's primary language, or AUTOMATIC; RecogniserMissing or LanguageNotSupported if it is unavailable."""
        primary = language.partition("-")[0].lower()
        if not primary:
            raise LanguageNotSupported("language is missing: send it, or set the language of the conference")
        languages = self._config.check(self._config.model_folder)
        if primary == AUTOMATIC and len(languages) == 1:
            raise LanguageNotSupported(
                f"the model supports only {', '.join(languages)}: name the language, or set MIXMINUS_SPEECH_MODEL_DIR to a "
                "multilingual model"
            )
        if primary != AUTOMATIC and primary not in languages:
            raise LanguageNotSupported(
                f"the model supports only {', '.join(sorted(languages))}; set MIXMINUS_SPEECH_MODEL_DIR to a model "
                "that supports more"
            )
        return primary

    def open(
        self, session: str, language: str, on_report: Callable[[Report], Awaitable[None]]
    ) -> CommandQueue:
        """Open a session; ``on_report`` gets its reports in order."""
        spill = SpillQueue(self._config.queue_folder / f"{session}.spill", self._config.limits)
        queue = CommandQueue(session, language, spill=spill, on_report=on_report, counters=self.counters)
        self._worker().add(queue)
        return queue

    def release(self, queue: CommandQueue) -> None:
        """Release a session, finished or not."""
        queue.close()
        for worker in self._workers:
            worker.remove(queue)

    @property
    def pids(self) -> list[int]:
        """Process ids of the running workers."""
        return [worker.pid for worker in self._workers if worker.pid]

    async def close(self) -> None:
        """Stop all workers; closing twice is harmless."""
        await asyncio.gather(*(worker.close() for worker in self._workers))
        self._workers.clear()

    def _worker(self) -> "_WorkerProcess":
        idlest = min(self._workers, key=len, default=None)
        if idlest is not None and (not len(idlest) or len(self._workers) >= self._config.max_workers):
            return idlest
        worker = _WorkerProcess(self._config, self.counters)
        self._workers.append(worker)
        worker.start()
        return worker


class _WorkerProcess:
    """Keeps one process running, and passes messages to and from it; one that does not answer is killed."""

    def __init__(self, config: SpeechConfig, counters: Counter[str]) -> None:
        self._config = config
        self._counters = counters
        self._queues: dict[str, CommandQueue] = {}
        self._wake = asyncio.Event()
        self._scope = TaskScope(task_failed("speech"))
        self._process: asyncio.subprocess.Process | None = None
        self._ready = False
        self.heartbeat = Heartbeat(MOST_UNANSWERED)

    def __len__(self) -> int:
        return len(self._queues)

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def start(self) -> None:
        self._scope.keep("recogniser", self._supervise)

    def add(self, queue: CommandQueue) -> None:
        self._queues[queue.session] = queue
        queue.wake = self._wake.set
        self._wake.set()

    def remove(self, queue: CommandQueue) -> None:
        self._queues.pop(queue.session, None)

    async def close(self) -> None:
        await self._scope.close()
        await self._stop()

    async def _supervise(self) -> None:
        delay_s = FIRST_DELAY_S
        while True:
            await self._start()
            await self._serve()
            delay_s = FIRST_DELAY_S if self._ready else min(2 * delay_s, MAX_DELAY_S)
            await self._stop()
            self._counters["speech.worker_losses"] += 1
            log.error("recogniser died", restart_in_s=delay_s)
            for queue in self._queues.values():
                queue.rewind(guilty=self._ready)
            await asyncio.sleep(delay_s)

    async def _start(self) -> None:
        self._ready = False
        config = self._config
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            WORKER,
            config.engine,
            config.model_folder,
            config.log_level,
            "json" if config.log_json else "text",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # One core, whatever a library would choose.
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **config.environment},
        )
        self._wake.set()

    async def _serve(self) -> None:
        """Pass messages until the process ends."""
        assert self._process is not None
        assert self._process.stdin is not None and self._process.stdout is not None
        scope = TaskScope(task_failed("speech"))
        scope.spawn("recogniser writes", self._write(self._process.stdin))
        scope.spawn("watch recogniser", self._watch(self._process))
        try:
            with suppress(asyncio.IncompleteReadError, MalformedMessage, ConnectionError):
                await self._read(self._process.stdout)
        finally:
            await scope.close()

    async def _write(self, pipe: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):  # _read ends as well
            while True:
                await self._wake.wait()
                self._wake.clear()
                while messages := [message for queue in self._queues.values() if (message := queue.next())]:
                    pipe.writelines(messages)
                    await pipe.drain()

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        self.heartbeat = Heartbeat(MOST_UNANSWERED)
        ping = encode(Ping())
        assert process.stdin is not None
        write = process.stdin.write
        await watch(
            SystemClock(), lambda: [self], ping=lambda _: write(ping), on_stuck=lambda _: self._kill(process)
        )

    def _kill(self, process: asyncio.subprocess.Process) -> None:
        """Kill the process, which is stopped or stuck; the end of its output follows."""
        self._counters["speech.workers_stuck"] += 1
        log.error("recogniser does not answer")
        with suppress(ProcessLookupError):
            process.kill()

    async def _read(self, pipe: asyncio.StreamReader) -> None:
        while True:
            words, pcm = lengths(await pipe.readexactly(HEADER.size))
            report = decode(await pipe.readexactly(words), await pipe.readexactly(pcm))
            self.heartbeat.answered()
            if isinstance(report, Ready):
                self._ready = True
            elif isinstance(report, Pinged):
                continue
            elif queue := self._queues.get(getattr(report, "session", "")):
                await queue.take(report)  # type: ignore[arg-type]

    async def _stop(self) -> None:
        """Close the pipe and wait for the process to exit; kill it after a timeout."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(EXIT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
