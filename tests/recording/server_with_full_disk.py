"""Run a server that records until its disk is full; print the result as JSON."""

import asyncio
import resource
import signal
import sys
from pathlib import Path

import numpy as np
import orjson

from mixminus.model.ids import RecordingId
from mixminus.model.recording import Recording, RecordingOptions, RecordingStatus
from mixminus.recording.verify import verify
from tests.recording.steps import TICK, decoded, folder, start
from tests.support.backend import open_backend
from tests.support.clock import ManualClock
from tests.support.waiting import until

LIMIT_BYTES = 400_000


async def main(directory: Path, format_: str, limited: bool) -> None:
    async with open_backend(directory, ManualClock()) as backend:
        room = await backend.room()
        before = len(await backend.events(room.id))
        (leg,) = await backend.join(room)
        joined = len(await backend.events(room.id)) - before
        recording_id = await start(backend, room, RecordingOptions(format=format_))
        if limited:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, resource.RLIM_INFINITY))
        noise = np.random.default_rng(1)

        def full() -> bool:
            for _ in range(10):
                leg.port.write(noise.integers(-3000, 3000, TICK).astype(np.int16))
                backend.engine.tick()
            leg.port.read()
            backend.clock.advance(0.25)
            return backend.recordings.counters["recording.failed"] > 0

        await until(full, within_s=60)
        if limited:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

        async def look() -> Recording | None:
            backend.clock.advance(1)
            found = await backend.recordings.get(backend.customer_id, RecordingId(recording_id))
            return found if found.status is RecordingStatus.ENDED else None

        recording = await until(look, within_s=60)
        found = await backend.conferences.get(backend.customer_id, room.id)
        result = {
            "id": str(recording_id),
            "status": recording.status,
            "error": recording.error,
            "seal": recording.seal,
            "recording_id": found.recording_id.int,
            "participants": len(found.conferencecall_ids),
            "events": (await backend.event_types(room.id))[before + joined :],
            "findings": len(verify(folder(backend, recording_id), recording.seal)),
            "samples": decoded(folder(backend, recording_id) / f"mix.{format_}").shape[1],
        }
        sys.stdout.write(orjson.dumps(result).decode() + "\n")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], limited=len(sys.argv) == 3))
