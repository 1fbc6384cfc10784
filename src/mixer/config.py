"""What an operator may set about the engine."""

from dataclasses import dataclass

__all__ = ["EngineConfig"]


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """Sizes and addresses of an engine; fixed from its opening to its end."""

    shards: int = 1
    """Threads that mix; a bridge lives on one of them."""
    ptime_ms: int = 20
    """Audio in a tick: 10 or 20."""
    media_timeout_ms: int = 10_000
    rtp_host: str = "127.0.0.1"
    """Local address of RTP sockets, IPv4 or IPv6, not a name."""
    rtp_port_min: int = 0
    rtp_port_max: int = 0
    """Both 0: any free pair of an even and the next port."""
    manual: bool = False
    """No threads: ``Engine.tick`` runs ticks on a virtual clock, for tests that must repeat exactly."""
    realtime: bool = False
    """Ask for SCHED_FIFO; without the privilege the engine runs as it is."""
    opus_path: str | None = None
    """A libopus to use instead of the one in PyAV's wheel."""
    srtp_path: str | None = None
    """A libsrtp2 to use instead of the one in pylibsrtp's wheel."""
