"""Pipeline: the programs of one of Apertium's modes, kept for many texts.

A text is data on the standard input of the first program, and nowhere else. It ends with a zero byte, at which each
program writes what it has (``-z``), and is framed by two blanks of Apertium's stream format, ``[1<]three houses[1>]``:
these pass through all programs in order. An answer without its own frame has words of another text, and is refused.
"""

import asyncio
import contextlib
import os
import re
import signal
from itertools import count
from typing import Final, Self

from mixminus.speech.translation.pairs import Mode

__all__ = ["Pipeline", "PipelineBroken"]

NICENESS: Final = 10
_SCRIPT: Final = 'eval "$(apertium-wblank-mode -z "$0")"'
"""Of the shell: runs the mode, which takes the parameters below."""
_UNMARKED: Final = "-n"
"""Words that it does not know stay as they are, without a mark."""
_RESERVED: Final = re.compile(r"([\\$\[\]{}/@<>])")
"""Characters of the stream format that a text has escaped."""
_LEFT_OUT: Final = str.maketrans({"\0": " ", "^": " "})
"""The frame's end; and a character after which ``apertium-wblank-attach`` waits for more, escaped too."""
_CHUNK: Final = 65536
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


class PipelineBroken(Exception):
    """A program has ended, or an answer belongs to another text: the pipeline has to be killed."""


class Pipeline:
    """Leads a process group, niced; its owner kills it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers = count(1)

    @classmethod
    async def start(cls, mode: Mode) -> Self:
        """Start the programs of a mode; raises OSError."""
        process = await asyncio.create_subprocess_exec(
            "nice", f"-n{NICENESS}", "sh", "-c", _SCRIPT, mode.path, _UNMARKED,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )  # fmt: skip
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def translate(self, text: str) -> str:
        """Return the translation, on one line; one text at a time.

        Raises OSError or PipelineBroken, and waits for as long as the programs do: after either, and after a cancellation, kill it.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        number = next(self._numbers)
        begin, end = f"[{number}<]", f"[{number}>]"
        escaped = _RESERVED.sub(r"\\\1", " ".join(text.translate(_LEFT_OUT).split()))
        stdin.write(f"{begin}{escaped}{end}\0".encode(errors="replace"))
        await stdin.drain()
        try:
            said = (await stdout.readuntil(b"\0"))[:-1].decode(errors="replace")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise PipelineBroken(type(error).__name__) from None
        if not (said.startswith(begin) and said.endswith(end)):
            raise PipelineBroken("answer of another text")
        return " ".join(_ESCAPED.sub(r"\1", said[len(begin) : -len(end)]).split())

    @property
    def ended(self) -> bool:
        return self._process.returncode is not None

    def kill(self) -> None:
        """Kill all its programs; killing twice is harmless."""
        if self._process.stdin:
            self._process.stdin.close()  # ends what the group's leader has left behind
        if not self.ended:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def wait(self) -> None:
        """Wait until it has ended, and what it has written is read."""
        while self._process.stdout and await self._process.stdout.read(_CHUNK):
            pass
        await self._process.wait()
