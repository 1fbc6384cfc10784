"""Run a server that records until it is killed; print how many samples were spoken so far."""

import asyncio
import sys
from pathlib import Path

from mixminus.model.recording import RecordingOptions
from tests.recording.steps import TICK, start, talk
from tests.support.backend import open_backend
from tests.support.clock import ManualClock

QUARTER_TICKS = 13


async def main(directory: Path, format_: str, channels: int) -> None:
    async with open_backend(directory, ManualClock()) as backend:
        room = await backend.room()
        options = RecordingOptions(format=format_, channels=channels, stems=True)
        recording_id = await start(backend, room, options)
        legs = await backend.join(room, 2)
        said = 0
        while True:
            # As much as passes between two writes of a server in real time, at most as far as it is behind.
            talk(backend, dict(zip(legs, (400.0, 1000.0), strict=True)), QUARTER_TICKS)
            for leg in legs:
                leg.port.read()
            said += QUARTER_TICKS * TICK
            sys.stdout.write(f"{recording_id} {room.id} {said}\n")
            sys.stdout.flush()
            await backend.written(recording_id, said / 16_000)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
