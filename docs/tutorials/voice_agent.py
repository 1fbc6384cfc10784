"""A voice agent in its smallest form: it hears a room, and answers each sound with a beep.

    python voice_agent.py http://127.0.0.1:8080 <room id> <access key>

The room's audio comes as 16-bit mono PCM at 8 kHz, 320 bytes every 20 ms; what the agent sends back is heard by everybody in the room.
Replace `Beeper` by speech to text, a language model and text to speech.
"""

import array
import asyncio
import math
import sys

import aiohttp

SAMPLE_RATE_HZ = 8000
FRAME_SAMPLES = 160
LOUD = 500.0


def beep(frequency_hz: float = 1000.0, seconds: float = 0.2) -> bytes:
    """Return a tone as 16-bit little-endian PCM."""
    count = int(seconds * SAMPLE_RATE_HZ)
    wave = (8000 * math.sin(2 * math.pi * frequency_hz * n / SAMPLE_RATE_HZ) for n in range(count))
    return array.array("h", (int(sample) for sample in wave)).tobytes()


def loudness(frame: bytes) -> float:
    """Return the root mean square of one frame."""
    samples = array.array("h", frame)
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples))


class Beeper:
    """Beeps when a sound has ended."""

    def __init__(self) -> None:
        self._quiet_frames = 0
        self._heard = False

    def hear(self, frame: bytes) -> bytes:
        """Take one frame of the room and return what to say, mostly nothing."""
        if loudness(frame) > LOUD:
            self._heard, self._quiet_frames = True, 0
            return b""
        self._quiet_frames += 1
        if self._heard and self._quiet_frames == 25:  # half a second
            self._heard = False
            return beep()
        return b""


async def main(server: str, room: str, key: str) -> None:
    """Connect to the room and answer until it closes."""
    url = f"{server}/v1.0/conferences/{room}/media_stream?encapsulation=sln"
    agent = Beeper()
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session,
        session.ws_connect(url) as stream,
    ):
        print("connected", flush=True)
        async for message in stream:
            speech = agent.hear(message.data)
            frame_bytes = FRAME_SAMPLES * 2
            for start in range(0, len(speech), frame_bytes):
                await stream.send_bytes(speech[start : start + frame_bytes])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
