"""What a stream listens to and speaks into: a room, as one more who is in it; or one call."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mixminus.mixer import MIX, Bridge, BridgePort, Engine
from mixminus.streams.framing import SAMPLE_RATE_HZ

__all__ = ["Audio", "CallAudio", "RoomAudio"]

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
    """What a call says, in rooms and outside; what is said to it only it hears."""

    def __init__(self, engine: Engine, port: BridgePort) -> None:
        self._port = port
        self._playout = engine.open_playout(SAMPLE_RATE_HZ, seconds=_RING_S)
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
        said = {each.first_sample: each.pcm for each in records if each.port_id == self._port.id}
        # Every tick has a record of both ways together; who is silent has none of their own.
        frames = [
            said.get(each.first_sample, np.zeros(each.pcm.size, np.int16))
            for each in records
            if each.port_id == MIX
        ]
        return np.concatenate([np.empty(0, np.int16), *frames])

    def write(self, pcm: Pcm) -> int:
        return self._playout.write(pcm)

    def close(self) -> None:
        self._playout.close()
        self._tap.close()
