"""How well a port is heard and hears: a snapshot that the engine publishes several times a second."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["PortStatistics"]


@dataclass(frozen=True, slots=True)
class PortStatistics:
    """Counters since the port was opened, and what RTCP and the jitter buffer measure now."""

    counters: Mapping[str, int]
    """Every name of ``native/engine/counters.h``."""
    jitter_ms: float
    """RFC 3550 A.8, of what the participant sends."""
    round_trip_ms: float | None
    """None until the participant has reported on us."""
    loss: float
    """Fraction of the participant's packets that never came, 0 to 1."""
    remote_loss: float
    """Fraction of our packets that the participant missed in its last report."""
    delay_ms: float
    """Audio waiting in the jitter buffer."""
    mos: float
    """Estimate of how the participant sounds, 1.0 to 4.5 (G.107, reduced); 0 before its media is settled."""
    level_dbov: int
    """RFC 6464 sign left out: 0 is full scale, 127 silence."""
    talking: bool
