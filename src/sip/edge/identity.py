"""Who the edge is: its public address, its loopback one, and what it signs with them."""

import hashlib
from dataclasses import dataclass
from typing import Final

from mixminus.sip.edge.flow import Flow
from mixminus.sip.grammar import Via

__all__ = ["LOOPBACK", "NO_WORKER", "Identity", "branch_of"]

LOOPBACK: Final = "127.0.0.1"
NO_WORKER: Final = "0"
"""The worker's number in a Via of the edge's own."""


def branch_of(*seeds: str) -> str:
    """Return a branch that is the same for the same message (RFC 3261 section 16.11)."""
    text = "\0".join(seeds).encode("utf-8", "surrogateescape")
    return f"z9hG4bK{hashlib.blake2b(text, digest_size=12).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Identity:
    """The two faces of the edge."""

    host: str
    """Advertised; an IPv6 address without brackets."""
    port: int
    inner_port: int

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def contact(self, worker_id: int, flow: Flow) -> str:
        """Write the Contact behind which a phone finds a worker."""
        transport = ";transport=tcp" if flow.transport == "TCP" else ""
        return f"<sip:w{worker_id}@{self.authority}{transport}>"

    def inner_via(self, flow: Flow, branch: str) -> str:
        """Write the Via on a request to a worker; its answer brings the flow back."""
        return f"SIP/2.0/UDP {LOOPBACK}:{self.inner_port};branch={branch};flow={flow.token}"

    def public_via(self, flow: Flow, branch: str, worker: str) -> str:
        """Write the Via on a request to a phone; its answer brings the worker back."""
        return f"SIP/2.0/{flow.transport} {self.authority};branch={branch};rport;worker={worker}"

    def inner_route(self, flow: Flow, *, direct: bool) -> str:
        """Write the Record-Route by which a worker's own requests come to us."""
        return f"<sip:{LOOPBACK}:{self.inner_port};lr;flow={flow.token}{';direct' if direct else ''}>"

    def is_public(self, via: Via) -> bool:
        return (via.host, via.port) == (self.host, self.port)

    def is_inner(self, via: Via) -> bool:
        return (via.host, via.port) == (LOOPBACK, self.inner_port)
