"""What a stream listens to and speaks into: a room, as one more who is in it; or one call."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mixminus.clock import Clock
from mixminus.mixer import MIX, Bridge, BridgePort, Engine, Tap
from mixminus.streams.framing import FRAME_SAMPLES, SAMPLE_RATE_HZ

__all__ = ["Audio", "CallAudio", "RoomAudio"]

FRAME_S = FRAME_SAMPLES / SAMPLE_RATE_HZ
_RING_S = 10
"""So much may be written ahead; a program that speaks faster than that is cut."""

Pcm = NDArray[np.int16]


class Audio(Protocol):
    """Two ways of PCM at 8 kHz."""

    @property
    def over(self) -> bool:
        """Whether what it is of has ended."""
        ...

    def read(self) -> Pcm:
        """Return what was heard since the last time, silence included."""
        ...

    def write(self, pcm: Pcm) -> int:
        """Speak; return how many samples fitted."""
        ...

    def close(self) -> None:
        """Neither hear nor speak any more; closing twice is harmless."""
        ...


class RoomAudio:
    """A port without a network: it hears everybody but itself, and everybody hears it."""

    def __init__(self, engine: Engine, bridge: Bridge) -> None:
        self._port = engine.open_pcm_port(SAMPLE_RATE_HZ)
        try:
            self._port.join(bridge)
        except BaseException:
            self._port.close()
            raise

    @property
    def over(self) -> bool:
        return self._port.closed or self._port.bridge is None

    def read(self) -> Pcm:
        return self._port.read()

    def write(self, pcm: Pcm) -> int:
        return self._port.write(pcm)

    def close(self) -> None:
        self._port.close()


class CallAudio:
    """What a call says in the room where it is, wherever that is; what is said to it only it hears.

    Outside of a room nothing is mixed, and so nothing is heard: silence, by the clock.
    """

    def __init__(self, engine: Engine, port: BridgePort, clock: Clock) -> None:
        self._port = port
        self._clock = clock
        self._bridge: Bridge | None = None
        self._tap: Tap | None = None
        self._silent_since_s = clock.monotonic_s()
        self._playout = engine.open_playout(SAMPLE_RATE_HZ, seconds=_RING_S)
        try:
            port.play(self._playout)
            self._follow()
        except BaseException:
            self._playout.close()
            raise

    @property
    def over(self) -> bool:
        return self._port.closed

    def read(self) -> Pcm:
        heard = self._silence() if self._tap is None else self._stem(self._tap)
        self._follow()
        return heard

    def write(self, pcm: Pcm) -> int:
        return self._playout.write(pcm)

    def close(self) -> None:
        self._playout.close()
        if self._tap is not None:
            self._tap.close()

    def _stem(self, tap: Tap) -> Pcm:
        records = tap.read()
        frames = {each.first_sample: each.pcm for each in records if each.port_id == self._port.id}
        # Every tick has a record of the mix; who is silent has none of their own.
        return np.concatenate(
            [np.empty(0, np.int16)]
            + [
                frames.get(each.first_sample, np.zeros(each.pcm.size, np.int16))
                for each in records
                if each.port_id == MIX
            ]
        )

    def _follow(self) -> None:
        """Listen where the call is now."""
        bridge = self._port.bridge
        if bridge is self._bridge and not (self._tap and self._tap.closed):
            return
        if self._tap is not None:
            self._tap.close()
            self._silent_since_s = self._clock.monotonic_s()
        self._bridge = bridge
        self._tap = bridge.open_tap(SAMPLE_RATE_HZ, stems=True) if bridge else None

    def _silence(self) -> Pcm:
        frames = int((self._clock.monotonic_s() - self._silent_since_s) / FRAME_S)
        self._silent_since_s += frames * FRAME_S
        return np.zeros(frames * FRAME_SAMPLES, np.int16)
