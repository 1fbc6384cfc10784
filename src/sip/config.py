"""What an operator decides about SIP."""

from dataclasses import dataclass
from typing import Final, Literal

from mixminus.mixer.formats import Codec

__all__ = ["EDGE_CLEANUP_S", "SipConfig"]

EDGE_CLEANUP_S: Final = 4.0
"""So long the edge of a server that was killed holds its port, while the workers say BYE through it."""


@dataclass(frozen=True, slots=True)
class SipConfig:
    """Settings of the SIP side; hosts are addresses, a port of 0 lets the system choose."""

    host: str = "127.0.0.1"
    port: int = 5060
    """UDP and TCP."""
    public_host: str = ""
    """What Contact, Via and SDP tell the phones; ``host`` where empty."""
    domain: str = "mixminus.local"
    """What the realms of customers and trunks are below (api.md section 13.1)."""
    digests: Literal["both", "sha-256", "md5"] = "both"
    """By which algorithms phones may prove themselves (RFC 8760)."""
    max_calls: int = 64
    spare_workers: int = 1
    """Workers beyond those that ``max_calls`` needs, so that one may die without loss of capacity."""
    codecs: tuple[Codec, ...] = (Codec.OPUS, Codec.G722, Codec.PCMU, Codec.PCMA)
    """In order of preference."""
    session_expires_s: int = 1800
    """RFC 4028: how often a session is refreshed, with phones that can."""
    invites_per_s: float = 50.0
    """New calls from one address; twice as many in a burst."""
    messages_per_s: float = 1000.0
    """SIP messages of any kind from one address; twice as many in a burst."""
    drain_s: float = 3.0
    """How long ``close`` waits for phones to confirm their BYE."""
    log_level: str = "info"
    log_json: bool = False

    @property
    def advertised_host(self) -> str:
        return self.public_host or self.host
