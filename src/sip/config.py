"""Settings of the SIP side."""

from dataclasses import dataclass, field
from typing import Final, Literal

from mixminus.model.media import Codec

__all__ = ["EDGE_CLEANUP_S", "SipConfig"]

EDGE_CLEANUP_S: Final = 4.0
"""How long the edge keeps its port after the server was killed, so that the workers can send BYE."""


@dataclass(frozen=True, slots=True)
class SipConfig:
    """Hosts are IP addresses, at most one of each family; port 0 lets the system choose."""

    hosts: tuple[str, ...] = ("127.0.0.1",)
    port: int = 5060
    """UDP and TCP."""
    tls_port: int | None = None
    """TCP port of TLS; None without it."""
    wss_port: int | None = None
    """TCP port of SIP over secure WebSockets (RFC 7118); None without it."""
    tls_certificate: str = ""
    """Path of the PEM file of the certificate and its chain; ``tls_key`` is its key's."""
    tls_key: str = ""
    tls_trusted: str = ""
    """Path of a PEM file of authorities for connections to trunks, besides the system's; empty for none."""
    tls_clients: str = ""
    """Path of a PEM file of authorities for the certificates of clients over TLS; empty for not asking for any."""
    public_hosts: tuple[str, ...] = ()
    """The addresses in Contact, Via and SDP; ``hosts`` if empty."""
    proxies: tuple[str, ...] = ()
    """The addresses of proxies of ours before this server: no limit of one source holds for them."""
    relay_host: str = ""
    """Where other nodes reach this one, by TCP on ``port``; empty for a server that is no node."""
    node_key: bytes = field(default=b"", repr=False)
    """Of what they write for this one (``node_keys.py``); empty for a server that is no node."""
    nameserver: str = ""
    """DNS server for the names of SIP servers, ``address`` or ``address:port``; empty for the system's."""
    domain: str = "mixminus.local"
    """The parent domain of the realms of customers and trunks (api.md section 13.1)."""
    digests: Literal["both", "sha-256", "md5"] = "both"
    """The digest algorithms that phones may use (RFC 8760)."""
    max_calls: int = 64
    spare_workers: int = 1
    """Workers beyond those that ``max_calls`` needs, so that one may crash without loss of capacity."""
    codecs: tuple[Codec, ...] = (Codec.OPUS, Codec.G722, Codec.PCMU, Codec.PCMA)
    """In order of preference."""
    session_expires_s: int = 1800
    """Session interval with phones that support session timers (RFC 4028)."""
    invites_per_s: float = 50.0
    """New calls from one address; twice as many in a burst."""
    messages_per_s: float = 1000.0
    """SIP messages of any kind from one address; twice as many in a burst."""
    hold_music_heard: bool = False
    """Whether rooms hear what a phone sends while it has put us on hold."""
    drain_s: float = 3.0
    """How long ``close`` waits for phones to confirm the BYE."""
    log_level: str = "info"
    log_json: bool = False

    @property
    def advertised_hosts(self) -> tuple[str, ...]:
        return self.public_hosts or self.hosts

    @property
    def advertised_host(self) -> str:
        """The address that names us where the family does not matter."""
        return self.advertised_hosts[0]
