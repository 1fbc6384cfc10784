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
from tests.support.clock import ManualClock
from tests.support.house import open_house
from tests.support.waiting import until

LIMIT_BYTES = 400_000


async def main(directory: Path, format_: str, limited: bool) -> None:
    async with open_house(directory, ManualClock()) as house:
        room = await house.room()
        before = len(await house.events(room.id))
        (leg,) = await house.join(room)
        joined = len(await house.events(room.id)) - before
        recording_id = await start(house, room, RecordingOptions(format=format_))
        if limited:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, resource.RLIM_INFINITY))
        noise = np.random.default_rng(1)

        def full() -> bool:
            for _ in range(10):
                leg.port.write(noise.integers(-3000, 3000, TICK).astype(np.int16))
                house.engine.tick()
            leg.port.read()
            house.clock.advance(0.25)
            return house.recordings.counters["recording.failed"] > 0

        await until(full, within_s=60)
        if limited:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

        async def look() -> Recording | None:
            house.clock.advance(1)
            found = await house.recordings.get(house.customer_id, RecordingId(recording_id))
            return found if found.status is RecordingStatus.ENDED else None

        recording = await until(look, within_s=60)
        found = await house.conferences.get(house.customer_id, room.id)
        result = {
            "id": str(recording_id),
            "status": recording.status,
            "error": recording.error,
            "seal": recording.seal,
            "recording_id": found.recording_id.int,
            "participants": len(found.conferencecall_ids),
            "events": (await house.event_types(room.id))[before + joined :],
            "findings": len(verify(folder(house, recording_id), recording.seal)),
            "samples": decoded(folder(house, recording_id) / f"mix.{format_}").shape[1],
        }
        sys.stdout.write(orjson.dumps(result).decode() + "\n")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], limited=len(sys.argv) == 3))
