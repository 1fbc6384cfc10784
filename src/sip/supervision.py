"""Child processes, from both sides: how the server starts and restarts them, and when a child leaves.

A child of the server lives as long as its socket to it: end of file is the order to leave. So it
ignores the signals that a terminal or a service manager sends to the whole group. A child that
hangs would never see the end of file; SIGALRM, left at its default action, ends it. A child that is
stopped does not even get that: the server kills one that leaves pings unanswered.
"""

import asyncio
import contextlib
import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mixminus import log
from mixminus.clock import Clock
from mixminus.heartbeat import MOST_UNANSWERED, Heartbeat, watch
from mixminus.sip.channel import Channel, socket_pair
from mixminus.sip.config import SipConfig
from mixminus.sip.messages import Message, Ping, Pinged
from mixminus.tasks import TaskScope
from mixminus.threads import name_thread

__all__ = [
    "WATCHDOG_S",
    "Backoff",
    "Child",
    "Supervisor",
    "rearm_watchdog",
    "start_child_process",
]

WATCHDOG_S: Final = 15
_FIRST_DELAY_S: Final = 0.1
_MAX_DELAY_S: Final = 10.0
# After this long without a failure the delays start over.
_CALM_S: Final = 60.0
_EXIT_S: Final = 10.0

_log = log.get("sip.supervision")


def start_child_process(name: str) -> None:
    """Prepare the calling process: it ends on end of file, on SIGKILL, or by the watchdog."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    rearm_watchdog()
    name_thread(name)


def rearm_watchdog() -> None:
    """Report that the loop is alive; the next call must come within WATCHDOG_S of processor time, or the process ends.

    Time by the clock passes while a container is frozen or other programs have the cores, too: it would end all processes at once.
    """
    signal.setitimer(signal.ITIMER_PROF, WATCHDOG_S)


@dataclass(slots=True)
class Backoff:
    """The delay between restarts: doubled each time, and reset after a time without failures."""

    _delay_s: float = field(default=0.0, init=False)
    _failed_at_s: float = field(default=float("-inf"), init=False)

    def next_delay_s(self, now_s: float) -> float:
        """Record a failure; return how long to wait before the next start."""
        calm = now_s - self._failed_at_s > _CALM_S
        self._delay_s = _FIRST_DELAY_S if calm else min(self._delay_s * 2, _MAX_DELAY_S)
        self._failed_at_s = now_s
        return self._delay_s


class Child:
    """A Python child process and the channel to it."""

    def __init__(self, process: asyncio.subprocess.Process, channel: Channel, heartbeat: Heartbeat) -> None:
        self._process = process
        self.channel = channel
        self.heartbeat = heartbeat

    @classmethod
    async def start(
        cls,
        module: str,
        config: SipConfig,
        *,
        on_message: Callable[[Message], None],
        on_disconnect: Callable[[], None],
        most_unanswered: int = MOST_UNANSWERED,
    ) -> "Child":
        """Run ``python -m module`` with one end of a new channel."""
        heartbeat = Heartbeat(most_unanswered)

        def receive(message: Message) -> None:
            heartbeat.answered()
            if not isinstance(message, Pinged):
                on_message(message)

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
            )
        channel = Channel(ours, on_message=receive, on_disconnect=on_disconnect)
        channel.send(Ping())  # answered as soon as the child has started
        return cls(process, channel, heartbeat)

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """Kill the process, which is stopped or stuck; its end of file follows."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def close(self) -> None:
        """Close the channel and wait for the process to exit; kill it if it does not."""
        self.channel.close()
        try:
            async with asyncio.timeout(_EXIT_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


class Supervisor:
    """Starts a child, and another one whenever it exits or does not answer, until closed."""

    def __init__(  # noqa: PLR0913 -- the pool names each
        self,
        module: str,
        config: SipConfig,
        clock: Clock,
        *,
        on_message: Callable[[Message], None],
        on_start: Callable[[], None],
        on_loss: Callable[[], None],
        counters: Counter[str],
        most_unanswered: int = MOST_UNANSWERED,
    ) -> None:
        self.losses = 0
        self._module = module
        self._config = config
        self._clock = clock
        self._on_message = on_message
        self._on_start = on_start
        self._on_loss = on_loss
        self._counters = counters
        self._most_unanswered = most_unanswered
        self._child: Child | None = None
        self._lost = asyncio.Event()
        self._tasks = TaskScope(self._on_task_error)

    def start(self) -> None:
        self._tasks.keep(f"supervise {self._module}", self._supervise)
        self._tasks.keep(
            f"watch {self._module}",
            watch,
            self._clock,
            lambda: [self._child] if self._child and not self._lost.is_set() else [],
            ping=lambda child: child.channel.send(Ping()),
            on_stuck=self._end_stuck,
        )

    def send(self, message: Message) -> None:
        """Send to the child, if there is one now; otherwise drop the message."""
        if self._child:
            self._child.channel.send(message)

    def send_with_descriptor(self, message: Message, descriptor: int) -> None:
        if self._child:
            self._child.channel.send_with_descriptor(message, descriptor)

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    async def close(self) -> None:
        """Stop the child and start no other."""
        await self._tasks.close()
        if self._child:
            await self._child.close()
            self._child = None

    async def _supervise(self) -> None:
        backoff = Backoff()
        while True:
            if self._child is None:  # otherwise it goes on after an error
                self._lost.clear()
                self._child = await Child.start(
                    self._module,
                    self._config,
                    on_message=self._on_message,
                    on_disconnect=self._lost.set,
                    most_unanswered=self._most_unanswered,
                )
            self._on_start()
            await self._lost.wait()
            lost, self._child = self._child, None
            self.losses += 1
            self._on_loss()
            await lost.close()
            delay_s = backoff.next_delay_s(self._clock.monotonic_s())
            _log.error("process lost", module=self._module, restart_in_s=delay_s)
            await self._clock.sleep(delay_s)

    def _end_stuck(self, child: Child) -> None:
        self._counters["sip_processes_stuck"] += 1
        _log.error("process does not answer", module=self._module)
        child.kill()
        self._lost.set()

    def _on_task_error(self, name: str, error: BaseException) -> None:
        _log.error("supervisor failed", task=name, exc_info=error)
