"""Abandoned: the recordings of nodes that are gone and have not come back, completed from their parts by the leader.

node gone -> stopping, at once           the room may be recorded anew
  its folder comes back first            that node completes it: the disk has more than the storage
  30 s later, with parts in the storage  claimed by one UPDATE, restored, completed as any other
  a day later, without                   ended without files: ``lost``
"""

import functools
from collections.abc import Container, Sequence
from datetime import timedelta
from typing import Final

from mixminus.clock import Clock
from mixminus.log import get, task_failed
from mixminus.model.ids import RecordingId
from mixminus.model.recording import Recording
from mixminus.recording.finishing import Finisher
from mixminus.recording.ledger import RecordingLedger
from mixminus.recording.restoring import is_in
from mixminus.recording.uploads import Uploads
from mixminus.tasks import TaskScope

__all__ = ["Abandoned"]

log = get("recording")

_RESTART: Final = timedelta(seconds=30)
"""A server that was killed is started again, with its disk, in less."""
_AGAIN_S: Final = 30.0
_LOST: Final = timedelta(days=1)


class Abandoned:
    """Looks at each sweep, and completes one recording at a time: what runs at this node comes first."""

    def __init__(self, ledger: RecordingLedger, clock: Clock, finisher: Finisher, uploads: Uploads) -> None:
        self._ledger = ledger
        self._clock = clock
        self._finisher = finisher
        self._storage = uploads.storage
        self._uploads = uploads
        self._without_parts: set[RecordingId] = set()
        """No more parts come of these."""
        self._scope = TaskScope(task_failed("abandoned recordings"))

    async def look(self) -> None:
        """Begin to complete what is there; this waits for the database alone."""
        if self._uploads.store is None or len(self._scope):
            return
        lost = {each.id for each in await self._ledger.left_behind(_LOST)}
        found = await self._ledger.left_behind(_RESTART)
        self._without_parts &= {each.id for each in found}
        due = [each for each in found if each.id in lost or each.id not in self._without_parts]
        if due:
            self._scope.spawn("abandoned", self._complete(due, lost))

    async def close(self) -> None:
        """Stop; the next leader, or the next start, goes on. Closing twice is harmless."""
        await self._scope.close()

    async def _complete(self, found: Sequence[Recording], lost: Container[RecordingId]) -> None:
        try:
            for recording in found:
                has_any = await self._uploads.in_thread(functools.partial(is_in, self._storage, recording.id))
                if has_any or recording.id in lost:
                    await self._take(recording)
                else:
                    self._without_parts.add(recording.id)
        except OSError as exc:
            log.warning("abandoned recordings wait for the storage", cause=str(exc))
            await self._clock.sleep(_AGAIN_S)

    async def _take(self, recording: Recording) -> None:
        if await self._ledger.claim(recording.id):
            log.info("recording of a dead node taken", recording_id=str(recording.id))
            await self._finisher.take_up(recording)
