"""Child processes: how one is started with its socket, and how long to wait before the next try."""

import asyncio
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mixminus.sip.channel import Channel, socket_pair
from mixminus.sip.config import SipConfig
from mixminus.sip.messages import Message

__all__ = ["Backoff", "Child"]

_FIRST_S: Final = 0.1
_MOST_S: Final = 10.0
# Who has lived so long has earned a fresh start.
_CALM_S: Final = 60.0
_EXIT_S: Final = 10.0


@dataclass(slots=True)
class Backoff:
    """Waiting between restarts: doubled each time, from the start again after a calm while."""

    _delay_s: float = field(default=0.0, init=False)
    _failed_at_s: float = field(default=float("-inf"), init=False)

    def next_delay_s(self, now_s: float) -> float:
        """Note a failure; return how long to wait before the next start."""
        calm = now_s - self._failed_at_s > _CALM_S
        self._delay_s = _FIRST_S if calm else min(self._delay_s * 2, _MOST_S)
        self._failed_at_s = now_s
        return self._delay_s


class Child:
    """A Python process of ours, and the channel by which it lives."""

    def __init__(self, process: asyncio.subprocess.Process, channel: Channel) -> None:
        self._process = process
        self.channel = channel

    @classmethod
    async def start(
        cls,
        module: str,
        config: SipConfig,
        *,
        on_message: Callable[[Message], None],
        on_disconnect: Callable[[], None],
    ) -> "Child":
        """Run ``python -m module`` with one end of a channel."""
        ours, theirs = socket_pair()
        with theirs:
            arguments = (str(theirs.fileno()), config.log_level, "json" if config.log_json else "text")
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                # numpy comes along with the engine's words; its thread pool must not, least of all before a fork.
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )
        return cls(process, Channel(ours, on_message=on_message, on_disconnect=on_disconnect))

    @property
    def pid(self) -> int:
        return self._process.pid

    async def close(self) -> None:
        """Close the channel and wait for the process to leave; one that does not is killed."""
        self.channel.close()
        try:
            async with asyncio.timeout(_EXIT_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
