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
            worker = self._idle.pop() if self._idle else await _start()
            try:
                async with asyncio.timeout(self._max_s):
                    answer, pcm = await _ask(worker, request)
            except BaseException as error:
                # The pipe holds a partial answer, so the process cannot be used again.
                self.losses += 1
                await _kill(worker)
                if isinstance(error, TimeoutError | OSError | EOFError | ValueError):
                    raise SpeechFailed("the synthesis process failed; another one will be started") from error
                raise
            self._idle.append(worker)
        if "error" in answer:
            raise SpeechFailed(f"the text cannot be synthesised: {answer['error']}")
        return pcm

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


async def _ask(worker: asyncio.subprocess.Process, request: bytes) -> tuple[dict[str, object], Pcm]:
    if worker.stdin is None or worker.stdout is None:
        raise ValueError("the process has no pipes")
    worker.stdin.write(request)
    await worker.stdin.drain()
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
