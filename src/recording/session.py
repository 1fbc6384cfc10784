"""RecordingSession: one recording going on, from a tap to its files."""

import asyncio
from concurrent.futures import Executor
from typing import Final

from mixminus.clock import Clock
from mixminus.ids import ConferenceId, RecordingId
from mixminus.mixer import Tap
from mixminus.recording.files import RecordingFiles
from mixminus.tasks import Interrupted, unless

__all__ = ["RecordingSession"]

# A quarter of a second is what a crash can cost; the tap's ring holds forty times as much.
_PERIOD_S: Final = 0.25


class RecordingSession:
    """Owns a tap and the files it is written to; disk work is done by ``disk``, a single thread."""

    def __init__(
        self, recording_id: RecordingId, conference_id: ConferenceId, *, tap: Tap, files: RecordingFiles
    ) -> None:
        self.recording_id = recording_id
        self.conference_id = conference_id
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the recording has ended, in the files and in the books."""
        self._stop: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tap = tap
        self._files = files

    def stop(self) -> None:
        """Let ``run`` write what was heard until now, and return."""
        if not self._stop.done():
            self._stop.set_result(None)

    async def run(self, disk: Executor, clock: Clock) -> None:
        """Write until stopped or full; the files are closed on return, whatever happened."""
        try:
            while not self._files.full:
                try:
                    await unless([self._stop], clock.sleep(_PERIOD_S))
                except Interrupted:
                    break
                await self._drain(disk)
            await self._drain(disk)
        finally:
            await self.close(disk)

    async def close(self, disk: Executor) -> None:
        """Close the tap and the files."""
        self._tap.close()
        await asyncio.get_running_loop().run_in_executor(disk, self._files.close)

    async def _drain(self, disk: Executor) -> None:
        # Position first: records up to it are in the ring by then, and later ones are not padded over.
        position = self._tap.position
        records = self._tap.read()
        await asyncio.get_running_loop().run_in_executor(disk, self._files.write, records, position)
