"""Retention: deletes calls, activeflows, transcripts and chat messages that are older than the settings say."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.store.database import Store
from mixminus.store.privacy import Kept
from mixminus.tasks import TaskScope

__all__ = ["Retention", "RetentionConfig"]

_AT_ONCE: Final = 500
"""Rows that one transaction deletes: others write in between."""
_STEPS: Final = 40
"""Transactions of one pass for each kind; the rest waits for the next one."""
_PAUSE_S: Final = 0.05
_INTERVAL_S: Final = 3599.0

log = get("privacy")


@dataclass(frozen=True, slots=True)
class RetentionConfig:
    """Days that rows are kept; 0 keeps them all."""

    calls_days: int = 0
    """Calls, their participants, groupcalls and activeflows."""
    transcripts_days: int = 0
    chat_days: int = 0


class Retention:
    """Deletes old rows once an hour."""

    def __init__(self, store: Store, clock: Clock, config: RetentionConfig) -> None:
        self._store = store
        self._clock = clock
        self._days: dict[Kept, int] = {
            "calls": config.calls_days,
            "groupcalls": config.calls_days,
            "conferencecalls": config.calls_days,
            "activeflows": config.calls_days,
            "transcripts": config.transcripts_days,
            "chat_messages": config.chat_days,
        }
        self.counters = {f"privacy.pruned_{kind}": 0 for kind in self._days}
        self._scope = TaskScope(task_failed("privacy"))

    def start(self) -> None:
        """Start looking, unless all is kept."""
        if any(self._days.values()):
            self._scope.keep("retention", self._run)

    async def close(self) -> None:
        """Stop; closing twice is harmless."""
        await self._scope.close()

    async def prune(self) -> None:
        """Delete what is older than it is kept, up to a maximum of each kind."""
        for kind, days in self._days.items():
            moment = self._clock.now() - timedelta(days=days)
            for _ in range(_STEPS if days else 0):
                async with self._store.transaction() as tx:
                    count = await tx.privacy.prune(kind, moment, _AT_ONCE)
                self.counters[f"privacy.pruned_{kind}"] += count
                if count < _AT_ONCE:
                    break
                await self._clock.sleep(_PAUSE_S)

    async def _run(self) -> None:
        while True:
            try:
                await self.prune()
            except Unavailable as error:
                log.warning("old rows not deleted", cause=str(error))
            await self._clock.sleep(_INTERVAL_S)
