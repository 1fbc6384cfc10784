"""Tap: reads the audio of a bridge or a port and contributes none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mixminus.mixer import _engine

__all__ = ["HEARD", "MIX", "Tap", "TapRecord", "is_playout"]

MIX: Final = 0
"""The port id of the mix in a tap's records."""
HEARD: Final = 0xFFFF_FEFF
"""The port id of what a tapped port hears; what it says has its own id."""
_FIRST_PLAYOUT: Final = 0xFFFF_FF00


def is_playout(port_id: int) -> bool:
    """Return whether a stem is a playout of the bridge and not a port."""
    return port_id >= _FIRST_PLAYOUT


@dataclass(frozen=True, slots=True, eq=False)
class TapRecord:
    """A piece of audio; a gap in ``first_sample`` means that records were lost."""

    first_sample: int
    """Position on the tap's clock, which starts at 0 when it is opened."""
    port_id: int
    """MIX, HEARD, or the port whose stem this is."""
    pcm: NDArray[np.int16]


class Tap:
    """The audio of a bridge or a port in a ring of ``seconds``; records are lost while the ring is full."""

    def __init__(self, native: "_engine.Tap", on_close: Callable[["Tap"], None], sample_rate_hz: int) -> None:
        self._native = native
        self._on_close: Callable[[Tap], None] | None = on_close
        self.sample_rate_hz = sample_rate_hz

    def read(self) -> list[TapRecord]:
        """Return all queued records, oldest first; an empty list once closed."""
        return [TapRecord(first, port_id, pcm) for first, port_id, pcm in self._native.read()]

    @property
    def overruns(self) -> int:
        """Number of records lost because the ring was full."""
        return self._native.overruns

    @property
    def position(self) -> int:
        """Current position of the tap's clock, in samples."""
        return self._native.position

    def close(self) -> None:
        """Close the tap and discard unread audio; closing twice is harmless."""
        if self._on_close is not None:
            self._on_close(self)
            self._on_close = None
            self._native.close()

    @property
    def closed(self) -> bool:
        """Whether it was closed, by its owner or with its bridge."""
        return self._on_close is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
