"""PCM phones that send a tone each, of different frequencies: an FFT finds who hears whom."""

from dataclasses import dataclass, field

import numpy as np

from tests.support.backend import SAMPLE_RATE_HZ
from tests.support.legs import PcmLeg
from tests.support.signals import Pcm, loudness_at, tone
from tests.support.site import Site

__all__ = ["FRAME", "LISTENED_TICKS", "PITCHES_HZ", "TonePhones"]

# Whole periods in 100 ms; none is near a harmonic, a sum or a difference of two others.
PITCHES_HZ = (440, 620, 860, 1130)
TICKS = 50
FRAME = SAMPLE_RATE_HZ // 50
LISTENED_TICKS = 20


@dataclass
class TonePhones:
    """Legs that send tones; ``loudness`` is the amplitude of each, at most 32 767."""

    site: Site
    loudness: float = 8_000.0
    legs: list[PcmLeg] = field(default_factory=list)

    async def dial(self, target: str) -> PcmLeg:
        """Let the next phone call ``target``."""
        self.legs.append(await self.site.backend.dial(target))
        return self.legs[-1]

    async def gather(self, room_id: str, count: int) -> list[dict[str, object]]:
        """Let phones dial a room one after the other; return the participants in that order."""
        for number in range(1, count + 1):
            await self.dial(room_id)
            joined = await self.site.participants(room_id, "joined", number)
        return joined

    def listen(self) -> list[Pcm]:
        """Let all phones send for a second; return what each received in the last 400 ms."""
        for leg, pitch_hz in zip(self.legs, PITCHES_HZ, strict=False):
            leg.port.read()
            leg.port.write(tone(pitch_hz, SAMPLE_RATE_HZ, TICKS * FRAME, self.loudness))
        self.site.backend.tick(TICKS)
        return [np.asarray(leg.port.read()[-LISTENED_TICKS * FRAME :]) for leg in self.legs]

    def hear(self) -> list[dict[int, float]]:
        """Return for each leg the level of every tone, relative to the level at which it was sent, rounded."""
        return [
            {
                pitch_hz: round(loudness_at(pcm, pitch_hz, SAMPLE_RATE_HZ) / self.loudness, 1)
                for pitch_hz in PITCHES_HZ[: len(self.legs)]
            }
            for pcm in self.listen()
        ]
