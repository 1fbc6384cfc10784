"""HealthWatch: checks every participant every five seconds and removes those who are lost."""

from mixminus.clock import Clock
from mixminus.conference.participants import ParticipantService
from mixminus.errors import Conflict, Unavailable
from mixminus.log import get, task_failed
from mixminus.model.health import INTERVAL_S, Health
from mixminus.store.database import Store
from mixminus.tasks import TaskScope

__all__ = ["HealthWatch"]

log = get("conference")


class HealthWatch:
    """Owns the one task that looks after all rooms."""

    def __init__(self, store: Store, clock: Clock, participants: ParticipantService) -> None:
        self._store = store
        self._clock = clock
        self._participants = participants
        self._health = Health()
        self._scope = TaskScope(task_failed("conference"))

    def start(self) -> None:
        self._scope.spawn("health", self._run())

    async def close(self) -> None:
        """Stop looking; closing twice is harmless."""
        await self._scope.close()

    async def _run(self) -> None:
        while True:
            await self._clock.sleep(INTERVAL_S)
            try:
                await self._look()
            except Unavailable as exc:
                log.warning("health not checked", exc_info=exc)

    async def _look(self) -> None:
        async with self._store.snapshot() as tx:
            conditions = await tx.conferencecalls.conditions()
        for lost in self._health.check(conditions, self._clock.now()):
            log.warning("participant removed", conferencecall_id=str(lost.id))
            try:
                await self._participants.kick(lost.customer_id, lost.id)
            except Conflict:
                continue  # it has left by itself meanwhile
