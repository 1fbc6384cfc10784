"""EspeakSpeech: about a hundred languages through the program espeak-ng; one process per text."""

import asyncio
import contextlib
import io
import re
import shutil
import wave
from typing import Final

import numpy as np

from mixminus.speech.synthesis.engine import Pcm, Utterance, resampled
from mixminus.speech.synthesis.errors import SpeechFailed

__all__ = ["EspeakSpeech"]

_PROGRAM: Final = "espeak-ng"
_MAX_S: Final = 30.0
_AT_ONCE: Final = 2
_WORDS_A_MINUTE: Final = 150
_VOICE = re.compile(r"[A-Za-z0-9_+-]{1,40}")


class EspeakSpeech:
    """Supports the languages that the installed program lists."""

    def __init__(self) -> None:
        self.name = _PROGRAM
        self.losses = 0
        self._program = shutil.which(_PROGRAM)
        self._semaphore = asyncio.Semaphore(_AT_ONCE)
        self._voices: frozenset[str] | None = None

    async def speaks(self, language: str) -> bool:
        return bool(self._program and _nearest(language, await self._known()))

    async def speak(self, text: str, utterance: Utterance) -> Pcm:
        """Return the audio; SpeechFailed if the program fails or times out."""
        voice = utterance.voice if _VOICE.fullmatch(utterance.voice) else ""
        known = await self._known()
        if voice.partition("+")[0].lower() not in known:
            voice = _nearest(utterance.language, known)
        said = await self._run("-v", voice, "-s", str(_WORDS_A_MINUTE), "--stdin", "--stdout", text=text)
        with wave.open(io.BytesIO(said)) as file:
            rate_hz = file.getframerate()
        # In a pipe the header's sizes are placeholders: read up to the end.
        body = said[said.index(b"data") + 8 :]
        pcm = np.frombuffer(body[: len(body) // 2 * 2], "<i2").astype(np.int16)
        return await asyncio.to_thread(resampled, pcm, rate_hz, utterance.sample_rate_hz)

    async def close(self) -> None:
        """Nothing to close: a process ends with its text."""

    async def _known(self) -> frozenset[str]:
        if self._voices is None:
            listed = (await self._run("--voices")).decode(errors="replace") if self._program else ""
            rows = (line.split() for line in listed.splitlines()[1:])
            self._voices = frozenset(row[1].lower() for row in rows if len(row) > 1)
        return self._voices

    async def _run(self, *arguments: str, text: str = "") -> bytes:
        if self._program is None:
            raise SpeechFailed("espeak-ng is not installed")
        async with self._semaphore:
            process = await asyncio.create_subprocess_exec(
                self._program,
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                async with asyncio.timeout(_MAX_S):
                    said, _ = await process.communicate(text.encode())
            except TimeoutError as error:
                raise SpeechFailed("espeak-ng timed out") from error
            finally:
                if process.returncode is None:
                    self.losses += 1
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()
                    await process.wait()
        if process.returncode or not said:
            raise SpeechFailed("espeak-ng failed")
        return said


def _nearest(language: str, known: frozenset[str]) -> str:
    """Return the voice of a language: exact dialect, else base language, else any dialect of it."""
    tag = language.lower()
    base = tag.partition("-")[0]
    if tag in known or base in known:
        return tag if tag in known else base
    return min((each for each in known if each.partition("-")[0] == base), default="")
