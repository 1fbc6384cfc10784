"""PcmPort: a port without a network, for media streams and for tests."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mixminus.mixer.port import BridgePort

if TYPE_CHECKING:
    from mixminus.mixer import _engine

__all__ = ["PcmPort"]


class PcmPort(BridgePort):
    """Speaks what is written and keeps what it heard until it is read."""

    def __init__(
        self, native: "_engine.PcmPort", sample_rate_hz: int, on_close: Callable[[BridgePort], None]
    ) -> None:
        super().__init__(native, on_close)
        self._pcm = native
        self.sample_rate_hz = sample_rate_hz

    def write(self, pcm: NDArray[np.int16]) -> int:
        """Append mono samples to speak; return how many fitted into the ring."""
        return self._pcm.write(np.ascontiguousarray(pcm, np.int16))

    def read(self) -> NDArray[np.int16]:
        """Return every sample heard since the last read; unread audio beyond some seconds is dropped."""
        return self._pcm.read()
