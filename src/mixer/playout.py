"""Playout: a source of audio that hears nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mixminus.mixer import _engine

__all__ = ["Playout"]


class Playout:
    """A ring of PCM that all ports of a bridge, or one port, hear from its first sample on."""

    def __init__(
        self, native: "_engine.Playout", sample_rate_hz: int, on_close: Callable[["Playout"], None]
    ) -> None:
        self._native = native
        self._on_close: Callable[[Playout], None] | None = on_close
        self.sample_rate_hz = sample_rate_hz

    @property
    def native(self) -> "_engine.Playout":
        """The native object, for use within this package."""
        return self._native

    def write(self, pcm: NDArray[np.int16]) -> int:
        """Queue mono samples; return how many fit (0 once closed)."""
        return self._native.write(np.ascontiguousarray(pcm, np.int16))

    def clear(self) -> None:
        """Drop what was written and not played; what is written afterwards is played."""
        self._native.clear()

    def finish(self) -> None:
        """Mark the end of the audio: no more will be written."""
        self._native.finish()

    @property
    def done(self) -> bool:
        """Whether it is finished and completely played, or closed."""
        return self._native.done

    @property
    def pending(self) -> int:
        """Number of samples not yet played."""
        return self._native.pending

    @property
    def closed(self) -> bool:
        return self._on_close is None

    def close(self) -> None:
        """Stop playing immediately; closing twice is harmless."""
        if self._on_close is not None:
            self._on_close(self)
            self._on_close = None
            self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
