"""Tap: something that listens without speaking."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mixminus.mixer import _engine
    from mixminus.mixer.bridge import Bridge

__all__ = ["MIX", "PLAYOUT_PORTS", "Tap", "TapRecord"]

MIX: Final = 0
"""The port id of the mix in a record (native/tap.h)."""
PLAYOUT_PORTS: Final = 0xFFFF_FF00
"""Port ids from here on are a room's own sounds, not participants (native/tap.h)."""


@dataclass(frozen=True, slots=True, eq=False)
class TapRecord:
    """A stretch of audio; a gap in ``first_sample`` is a record that was lost."""

    first_sample: int
    """On the tap's clock, from its opening."""
    port_id: int
    """0 for the mix, else the port whose stem this is."""
    pcm: NDArray[np.int16]


class Tap:
    """Audio that leaves a bridge through a ring; read it before ``seconds`` have filled it."""

    def __init__(self, native: "_engine.Tap", bridge: "Bridge", sample_rate_hz: int) -> None:
        self._native = native
        self._bridge: Bridge | None = bridge
        self.sample_rate_hz = sample_rate_hz

    def read(self) -> list[TapRecord]:
        """Return every record that waits, oldest first; nothing once closed."""
        return [TapRecord(first, port_id, pcm) for first, port_id, pcm in self._native.read()]

    @property
    def overruns(self) -> int:
        """Records lost because nobody read."""
        return self._native.overruns

    @property
    def position(self) -> int:
        """Samples the tap's clock has run."""
        return self._native.position

    @property
    def closed(self) -> bool:
        """Whether it hears nothing any more: closed by its owner, or with its bridge."""
        return self._bridge is None

    def close(self) -> None:
        """Stop listening; what was not read is gone. Closing twice is harmless."""
        if self._bridge is not None:
            self._bridge.forget(self)
            self._bridge = None
            self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
