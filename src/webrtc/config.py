"""What the composition root tells the WebRTC endpoint."""

from dataclasses import dataclass

__all__ = ["WebRtcConfig"]


@dataclass(frozen=True, slots=True)
class WebRtcConfig:
    """Where browsers find us, and how long we wait for them."""

    host: str = "127.0.0.1"
    port: int = 0
    """UDP; 0 takes a free one."""
    public_host: str = "127.0.0.1"
    """What our one ICE candidate advertises."""
    max_sessions: int = 1000
    answer_timeout_s: float = 30.0
    """How long a join may wait for its flow to answer."""
    connect_timeout_s: float = 30.0
    """How long ICE and DTLS may take once the answer is out."""
