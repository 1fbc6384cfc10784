"""Configuration of the engine."""

from dataclasses import dataclass
from typing import Final

__all__ = ["MAX_SHARDS", "EngineConfig"]

MAX_SHARDS: Final = 64  # MM_ENGINE_MAX_SHARDS


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """Sizes and addresses of an engine; fixed while it is open."""

    shards: int = 1
    """Number of mixing threads; each bridge belongs to one of them."""
    ptime_ms: int = 20
    """Duration of a tick: 10 or 20."""
    media_timeout_ms: int = 10_000
    rtp_host: str = "127.0.0.1"
    """Local address of RTP sockets, IPv4 or IPv6, not a name."""
    rtp_port_min: int = 0
    rtp_port_max: int = 0
    """Both 0: any free pair of an even port and the next one."""
    manual: bool = False
    """No threads: ``Engine.tick`` runs ticks on a virtual clock, for deterministic tests."""
    realtime: bool = False
    """Request SCHED_FIFO for the threads of shards and muxes; without the privilege they keep their normal priority."""
    opus_path: str | None = None
    """A libopus to use instead of the one in PyAV's wheel."""
    srtp_path: str | None = None
    """A libsrtp2 to use instead of the one in pylibsrtp's wheel."""
    rnnoise_path: str | None = None
    """A librnnoise to use instead of the one in pyrnnoise's wheel."""
