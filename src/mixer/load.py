"""How busy the mixing threads are, and what they do without (``native/engine/overload.h``)."""

import enum
from dataclasses import dataclass

__all__ = ["Load", "Shed"]


class Shed(enum.IntEnum):
    """What a mixing thread that has too much to do leaves out; each step includes those before it."""

    NOTHING = 0
    SUPPRESSION = 1
    """Noise is not suppressed."""
    ENCODING = 2
    """Opus encoders run at their least complexity."""
    TALKERS = 3
    """At most three participants of a room are mixed."""


@dataclass(frozen=True, slots=True)
class Load:
    """Measured over the last second."""

    busiest: float
    """CPU time of the busiest mixing thread, as a share of the time it has."""
    shed: Shed
    """The most that any mixing thread leaves out."""
