"""Statistics of a port: a snapshot that the engine publishes several times a second."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["PortStatistics"]


@dataclass(frozen=True, slots=True)
class PortStatistics:
    """Counters since the port was opened, and current measurements of RTCP and the jitter buffer."""

    counters: Mapping[str, int]
    """The counters of ``native/engine/counters.h``, by name."""
    jitter_ms: float
    """Interarrival jitter of the packets received from the participant (RFC 3550 A.8)."""
    round_trip_ms: float | None
    """None until the participant has sent an RTCP report about our packets."""
    loss: float
    """Fraction of the participant's packets that were lost, 0 to 1."""
    remote_loss: float
    """Fraction of our packets that were lost, by the participant's last report."""
    delay_ms: float
    """Audio queued in the jitter buffer."""
    mos: float
    """Estimated quality of the participant's audio, 1.0 to 4.5 (reduced G.107).

    0 until media is configured.
    """
    level_dbov: int
    """-dBov as in RFC 6464: 0 is full scale, 127 silence."""
    talking: bool
