"""HibariSpeech: English, offline, in worker processes that are started on demand."""

import asyncio
import json
import os
import sys
from typing import Final

import numpy as np

from mixminus.speech.synthesis.engine import Pcm, Utterance
from mixminus.speech.synthesis.errors import SpeechFailed

__all__ = ["HibariSpeech"]

_MAX_S: Final = 60.0
"""Timeout for one text, including the start of a process, on a busy machine."""
_ACCEPT_S: Final = 5.0
"""How long a process that has served before may take to accept a text: one that is stopped never does."""
_EXIT_S: Final = 5.0
_MAX_SAMPLES: Final = 48_000 * 1800


class HibariSpeech:
    """Owns up to ``workers`` processes; one that times out is killed."""

    def __init__(self, *, workers: int = 2, max_s: float = _MAX_S) -> None:
        self.name = "hibari-0.2.1"
        self.losses = 0
        """Number of processes that were killed or died."""
        self._semaphore = asyncio.Semaphore(workers)
        self._max_s = max_s
        self._idle: list[asyncio.subprocess.Process] = []

    async def speaks(self, language: str) -> bool:
        return language.partition("-")[0].lower() == "en"

    async def speak(self, text: str, utterance: Utterance) -> Pcm:
        """Return the audio; SpeechFailed if the process dies or times out."""
        request = json.dumps({"text": text, "sample_rate_hz": utterance.sample_rate_hz}).encode() + b"\n"
        async with self._semaphore:
            worker = await self._accepting(request)
            try:
                async with asyncio.timeout(self._max_s):
                    answer, pcm = await _answer(worker)
            except BaseException as error:
                # The pipe holds a partial answer, so the process cannot be used again.
                await self._lose(worker)
                if isinstance(error, TimeoutError | OSError | EOFError | ValueError):
                    raise SpeechFailed("the synthesis process failed; another one will be started") from error
                raise
            self._idle.append(worker)
        if "error" in answer:
            raise SpeechFailed(f"the text cannot be synthesised: {answer['error']}")
        return pcm

    async def _accepting(self, request: bytes) -> asyncio.subprocess.Process:
        """Return a process that has accepted the request; SpeechFailed if none starts in time."""
        while self._idle:
            worker = self._idle.pop()
            if await self._accepts(worker, request, _ACCEPT_S):
                return worker
        worker = await _start()
        if await self._accepts(worker, request, self._max_s):
            return worker
        raise SpeechFailed("the synthesis process does not start; see the log of the server")

    async def _accepts(self, worker: asyncio.subprocess.Process, request: bytes, within_s: float) -> bool:
        """Send a request; return False if the process does not accept it, which is then killed."""
        try:
            async with asyncio.timeout(within_s):
                accepted = await _send(worker, request)
        except (TimeoutError, OSError):
            accepted = False
        except BaseException:
            await self._lose(worker)
            raise
        if not accepted:
            await self._lose(worker)
        return accepted

    async def _lose(self, worker: asyncio.subprocess.Process) -> None:
        self.losses += 1
        await _kill(worker)

    async def close(self) -> None:
        """Stop the processes; closing twice is harmless."""
        while self._idle:
            worker = self._idle.pop()
            if worker.stdin:
                worker.stdin.close()
            try:
                async with asyncio.timeout(_EXIT_S):
                    await worker.wait()
            except TimeoutError:
                await _kill(worker)


async def _start() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "mixminus.speech.synthesis.worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # One core per text: the mixing threads need the others.
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )


async def _send(worker: asyncio.subprocess.Process, request: bytes) -> bool:
    """Send a request; return whether the process has accepted it, False if it has ended."""
    if worker.stdin is None or worker.stdout is None:
        return False
    worker.stdin.write(request)
    await worker.stdin.drain()
    return bool(await worker.stdout.readline())


async def _answer(worker: asyncio.subprocess.Process) -> tuple[dict[str, object], Pcm]:
    if worker.stdout is None:
        raise ValueError("the process has no pipes")
    line = await worker.stdout.readline()
    if not line:
        raise EOFError
    answer = json.loads(line)
    samples = int(answer.get("samples", 0))
    if not 0 <= samples <= _MAX_SAMPLES:
        raise ValueError("sample count out of range")
    return answer, np.frombuffer(await worker.stdout.readexactly(samples * 2), "<i2").astype(np.int16)


async def _kill(worker: asyncio.subprocess.Process) -> None:
    if worker.returncode is None:
        worker.kill()
    await worker.wait()
