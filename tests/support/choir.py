"""Phones of PCM that hum without a pause, each at a pitch of its own: who hears whom is what an FFT finds."""

from dataclasses import dataclass, field

import numpy as np

from tests.support.house import SAMPLE_RATE_HZ
from tests.support.legs import PcmLeg
from tests.support.signals import Pcm, loudness_at, tone
from tests.support.site import Site

__all__ = ["FRAME", "LISTENED_TICKS", "PITCHES_HZ", "Choir"]

# Whole periods in a tenth of a second; none is near a harmonic, a sum or a difference of two others.
PITCHES_HZ = (440, 620, 860, 1130)
TICKS = 50
FRAME = SAMPLE_RATE_HZ // 50
LISTENED_TICKS = 20


@dataclass
class Choir:
    """Legs that hum; ``loudness`` is the amplitude of each, 32 767 at most."""

    site: Site
    loudness: float = 8_000.0
    legs: list[PcmLeg] = field(default_factory=list)

    async def dial(self, target: str) -> PcmLeg:
        """Let the next phone call somebody."""
        self.legs.append(await self.site.house.dial(target))
        return self.legs[-1]

    async def gather(self, room_id: str, count: int) -> list[dict[str, object]]:
        """Let phones dial a room one after the other; return the participants in that order."""
        for number in range(1, count + 1):
            await self.dial(room_id)
            joined = await self.site.participants(room_id, "joined", number)
        return joined

    def listen(self) -> list[Pcm]:
        """Let everybody hum for a second; return what each heard in its last 400 ms."""
        for leg, pitch_hz in zip(self.legs, PITCHES_HZ, strict=False):
            leg.port.read()
            leg.port.write(tone(pitch_hz, SAMPLE_RATE_HZ, TICKS * FRAME, self.loudness))
        self.site.house.tick(TICKS)
        return [np.asarray(leg.port.read()[-LISTENED_TICKS * FRAME :]) for leg in self.legs]

    def hear(self) -> list[dict[int, float]]:
        """Say of each leg how loud it heard every pitch, beside how loud it was hummed."""
        return [
            {
                pitch_hz: round(loudness_at(pcm, pitch_hz, SAMPLE_RATE_HZ) / self.loudness, 1)
                for pitch_hz in PITCHES_HZ[: len(self.legs)]
            }
            for pcm in self.listen()
        ]
