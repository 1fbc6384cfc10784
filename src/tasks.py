"""Background tasks: each has a name, an owner, and a callback for its exception."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, ParamSpec, TypeVar

__all__ = ["Interrupted", "TaskScope", "unless"]

P = ParamSpec("P")
T = TypeVar("T")
_AGAIN_S: Final = 1.0


class Interrupted(Exception):
    """A stop future was done before the coroutine."""

    def __init__(self, stop: asyncio.Future[Any]) -> None:
        super().__init__()
        self.stop = stop


async def unless(stops: Sequence[asyncio.Future[Any]], coro: Coroutine[Any, Any, T]) -> T:
    """Return what the coroutine returns; cancel it and raise Interrupted when a stop is done first."""
    task = asyncio.create_task(coro)
    try:
        await asyncio.wait({task, *stops}, return_when=asyncio.FIRST_COMPLETED)
        for stop in stops:
            if stop.done():
                raise Interrupted(stop)
        return task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class TaskScope:
    """Owns background tasks: keeps them, reports their failures, cancels them on close."""

    def __init__(self, on_error: Callable[[str, BaseException], None]) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._on_error = on_error

    def spawn(self, name: str, coro: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task; ``close`` cancels it."""
        task = asyncio.create_task(coro, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._reap)
        return task

    def keep(
        self, name: str, run: Callable[P, Coroutine[Any, Any, None]], *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Task[None]:
        """Start a task for as long as the scope is open: after an error, which is reported, it runs again a second later.

        It is over when ``run`` returns.
        """
        return self.spawn(name, self._kept(name, lambda: run(*args, **kwargs)))

    async def close(self) -> None:
        """Cancel the running tasks and wait for them; closing twice is harmless."""
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def __len__(self) -> int:
        return len(self._tasks)

    async def _kept(self, name: str, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            try:
                await run()
            except Exception as exc:  # noqa: BLE001 -- the owner reports it
                self._on_error(name, exc)
            else:
                return
            await asyncio.sleep(_AGAIN_S)

    def _reap(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (exc := task.exception()):
            self._on_error(task.get_name(), exc)
