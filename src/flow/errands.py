"""Errands: what an action has begun and does not wait for."""

from collections import Counter
from collections.abc import Coroutine
from typing import Any, Final

from mixminus.errors import MixMinusError
from mixminus.log import get, task_failed
from mixminus.tasks import TaskScope

__all__ = ["MAX_ERRANDS", "Errands"]

MAX_ERRANDS: Final = 200
"""Of everybody together, at a time."""
log = get("flow")


class Errands:
    """Owns a bounded number of tasks; what is too much is dropped and counted."""

    def __init__(self) -> None:
        self._scope = TaskScope(task_failed("flow"))
        self._counters: Counter[str] = Counter({"flow.errands_dropped": 0, "flow.errands_failed": 0})

    @property
    def counters(self) -> dict[str, int]:
        return dict(self._counters)

    def run(self, name: str, coro: Coroutine[Any, Any, None]) -> None:
        """Do something meanwhile, unless too much is being done."""
        if len(self._scope) >= MAX_ERRANDS:
            coro.close()
            self._counters["flow.errands_dropped"] += 1
            return
        self._scope.spawn(name, self._watched(coro))

    async def close(self) -> None:
        """Give up what is under way; closing twice is harmless."""
        await self._scope.close()

    async def _watched(self, coro: Coroutine[Any, Any, None]) -> None:
        try:
            await coro
        except MixMinusError as error:
            self._counters["flow.errands_failed"] += 1
            log.warning("errand failed", why=error.reason)
