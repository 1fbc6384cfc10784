"""What a stream listens to and speaks into: a room, as one more who is in it; or one call."""

import enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mixminus.mixer import HEARD, MIX, Bridge, BridgePort, Engine
from mixminus.streams.framing import SAMPLE_RATE_HZ

__all__ = ["Audio", "CallAudio", "RoomAudio", "Way"]

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


class Way(enum.Enum):
    """Of a call: what it says, what it hears, or both as one."""

    IN = enum.auto()
    OUT = enum.auto()
    BOTH = enum.auto()


class CallAudio:
    """What a call says or hears, in rooms and outside; what is said to it only it hears."""

    def __init__(self, engine: Engine, port: BridgePort, *, way: Way = Way.IN, ring_s: int = _RING_S) -> None:
        self._port = port
        self._stem = {Way.IN: port.id, Way.OUT: HEARD, Way.BOTH: MIX}[way]
        self._losses = 0
        self._playout = engine.open_playout(SAMPLE_RATE_HZ, seconds=ring_s)
        try:
            port.play(self._playout)
            self._tap = port.open_tap(SAMPLE_RATE_HZ)
        except BaseException:
            self._playout.close()
            raise

    @property
    def over(self) -> bool:
        return self._port.closed

    def read(self) -> Pcm:
        records = self._tap.read()
        said = {each.first_sample: each.pcm for each in records if each.port_id == self._stem}
        # Every tick has a record of both ways together; who is silent has none of their own.
        frames = [
            said.get(each.first_sample, np.zeros(each.pcm.size, np.int16))
            for each in records
            if each.port_id == MIX
        ]
        return np.concatenate([np.empty(0, np.int16), *frames])

    def write(self, pcm: Pcm) -> int:
        return self._playout.write(pcm)

    @property
    def pending(self) -> int:
        """Samples that were spoken and are not heard yet."""
        return self._playout.pending

    def take_losses(self) -> int:
        """Return how many records were lost since the last time because nobody read."""
        losses, self._losses = self._tap.overruns - self._losses, self._tap.overruns
        return losses

    def close(self) -> None:
        self._playout.close()
        self._tap.close()
