"""The keeper: sees to it that one child process of a kind is always there."""

import asyncio
from collections.abc import Callable

from mixminus import log
from mixminus.sip.config import SipConfig
from mixminus.sip.messages import Message
from mixminus.sip.supervision import Backoff, Child
from mixminus.tasks import TaskScope

__all__ = ["Keeper"]

_log = log.get("sip.keeper")


class Keeper:
    """Starts a child, and another when it is gone, until closed."""

    def __init__(
        self,
        module: str,
        config: SipConfig,
        *,
        on_message: Callable[[Message], None],
        on_start: Callable[[], None],
        on_loss: Callable[[], None],
    ) -> None:
        self.losses = 0
        self._module = module
        self._config = config
        self._on_message = on_message
        self._on_start = on_start
        self._on_loss = on_loss
        self._child: Child | None = None
        self._lost = asyncio.Event()
        self._tasks = TaskScope(self._on_task_error)

    def start(self) -> None:
        self._tasks.spawn(f"keep {self._module}", self._keep())

    def send(self, message: Message) -> None:
        """Send to the child, if there is one now."""
        if self._child:
            self._child.channel.send(message)

    def send_with_descriptor(self, message: Message, descriptor: int) -> None:
        if self._child:
            self._child.channel.send_with_descriptor(message, descriptor)

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    async def close(self) -> None:
        """Let the child go, without another after it."""
        await self._tasks.close()
        if self._child:
            await self._child.close()
            self._child = None

    async def _keep(self) -> None:
        backoff = Backoff()
        loop = asyncio.get_running_loop()
        while True:
            self._lost.clear()
            self._child = await Child.start(
                self._module, self._config, on_message=self._on_message, on_disconnect=self._lost.set
            )
            self._on_start()
            await self._lost.wait()
            lost, self._child = self._child, None
            self.losses += 1
            self._on_loss()
            await lost.close()
            delay_s = backoff.next_delay_s(loop.time())
            _log.error("process lost", module=self._module, restart_in_s=delay_s)
            await asyncio.sleep(delay_s)

    def _on_task_error(self, name: str, error: BaseException) -> None:
        _log.error("keeper failed", task=name, exc_info=error)
