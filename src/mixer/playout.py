"""Playout: something that speaks without listening."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mixminus.mixer import _engine

__all__ = ["Playout"]


class Playout:
    """A ring of PCM that a room, or one participant, hears from its first sample on."""

    def __init__(
        self, native: "_engine.Playout", sample_rate_hz: int, on_close: Callable[["Playout"], None]
    ) -> None:
        self._native = native
        self._on_close: Callable[[Playout], None] | None = on_close
        self.sample_rate_hz = sample_rate_hz

    @property
    def native(self) -> "_engine.Playout":
        """The engine's own object, for the other files of this package."""
        return self._native

    def write(self, pcm: NDArray[np.int16]) -> int:
        """Append mono samples; return how many fitted (0 once closed)."""
        return self._native.write(np.ascontiguousarray(pcm, np.int16))

    def finish(self) -> None:
        """Say that no more will come."""
        self._native.finish()

    @property
    def done(self) -> bool:
        """Finished, and all of it was played; a closed playout is done."""
        return self._native.done

    @property
    def pending(self) -> int:
        """Samples waiting to be played."""
        return self._native.pending

    @property
    def closed(self) -> bool:
        return self._on_close is None

    def close(self) -> None:
        """Fall silent at once; closing twice is harmless."""
        if self._on_close is not None:
            self._on_close(self)
            self._on_close = None
            self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
