"""Ports without network: PcmPort, for media streams and tests, and EncodedPort, for broadcasts."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mixminus.mixer.port import BridgePort

if TYPE_CHECKING:
    from mixminus.mixer import _engine

__all__ = ["EncodedPort", "PcmPort"]


class PcmPort(BridgePort):
    """Sends the PCM that is written, and buffers the PCM it hears until it is read."""

    def __init__(
        self, native: "_engine.PcmPort", sample_rate_hz: int, on_close: Callable[[BridgePort], None]
    ) -> None:
        super().__init__(native, on_close)
        self._pcm = native
        self.sample_rate_hz = sample_rate_hz

    def write(self, pcm: NDArray[np.int16]) -> int:
        """Queue mono samples to send; return how many fit into the ring."""
        return self._pcm.write(np.ascontiguousarray(pcm, np.int16))

    @property
    def pending(self) -> int:
        """Number of samples written and not sent yet."""
        return self._pcm.pending

    def clear(self) -> None:
        """Drop what was written and not sent; what is written afterwards is sent."""
        self._pcm.clear()

    def read(self) -> NDArray[np.int16]:
        """Return all samples heard since the last read.

        The ring holds a few seconds and drops what exceeds them.
        """
        return self._pcm.read()


class EncodedPort(BridgePort):
    """Buffers the packets of a codec that it hears until they are read; it says nothing."""

    def __init__(self, native: "_engine.EncodedPort", on_close: Callable[[BridgePort], None]) -> None:
        super().__init__(native, on_close)
        self._encoded = native

    def read(self) -> list[bytes]:
        """Return all packets heard since the last read, each of a tick.

        The ring holds five seconds and drops what exceeds them.
        """
        return self._encoded.read()
