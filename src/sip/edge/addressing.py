"""Where messages go: the actions that the edge takes, its own addresses, and the flows of responses and requests."""

import hashlib
import hmac
import ipaddress
import re
from dataclasses import dataclass, replace
from typing import Final

from mixminus.sip.grammar import DEFAULT_SIP_PORT, NameAddress, SipUri, Via
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import Message

__all__ = [
    "LOOPBACK",
    "NO_WORKER",
    "Action",
    "Identity",
    "ToPhone",
    "ToServer",
    "ToWorker",
    "branch_of",
    "next_hop",
    "reply_flow",
    "stamp",
]

LOOPBACK: Final = "127.0.0.1"
NO_WORKER: Final = "0"
"""The worker's number in a Via of the edge's own requests."""

_WORKER = re.compile(r"[0-9]{1,9}\Z")


@dataclass(frozen=True, slots=True)
class ToPhone:
    """Bytes to send on the public side."""

    flow: Flow
    message: bytes


@dataclass(frozen=True, slots=True)
class ToWorker:
    """Bytes to send to a worker on loopback."""

    sip_port: int
    message: bytes


@dataclass(frozen=True, slots=True)
class ToServer:
    """A request or a report to the server process."""

    message: Message


Action = ToPhone | ToWorker | ToServer | None


def branch_of(*seeds: str) -> str:
    """Return a branch that is the same for each retransmission of a message (RFC 3261 section 16.11)."""
    text = "\0".join(seeds).encode("utf-8", "surrogateescape")
    return f"z9hG4bK{hashlib.blake2b(text, digest_size=12).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Identity:
    """The public and the loopback address of the edge, and the headers made of them."""

    host: str
    """The advertised address; IPv6 without brackets."""
    port: int
    inner_port: int
    key: bytes = b""
    """Of the branches of requests to phones: only a receiver of the request can answer it."""

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def contact(self, worker_id: int, flow: Flow) -> str:
        """Return the Contact by which a phone reaches a worker."""
        transport = ";transport=tcp" if flow.transport == "TCP" else ""
        return f"<sip:w{worker_id}@{self.authority}{transport}>"

    def inner_via(self, flow: Flow, branch: str) -> str:
        """Return the Via for a request to a worker; the response carries the flow back."""
        return f"SIP/2.0/UDP {LOOPBACK}:{self.inner_port};branch={branch};flow={flow.token}"

    def public_via(self, flow: Flow, worker: str, inner_via: str) -> str:
        """Return the Via for a request to a phone; the response carries the worker's number back."""
        return f"SIP/2.0/{flow.transport} {self.authority};branch={self.branch(worker, inner_via)};rport;worker={worker}"

    def branch(self, worker: str, inner_via: str) -> str:
        """Return the branch for a request of a worker, the same for each retransmission (RFC 3261 section 16.11)."""
        text = f"{worker}\0{inner_via}".encode("utf-8", "surrogateescape")
        return f"z9hG4bK{hashlib.blake2b(text, digest_size=12, key=self.key).hexdigest()}"

    def worker_of(self, via: Via, inner_via: str) -> int:
        """Return the worker whose request a response answers; 0 if the request was not ours."""
        worker = via.parameters.get("worker", "")
        if not self.is_public(via) or not _WORKER.match(worker):
            return 0
        wanted = self.branch(worker, inner_via)
        right = hmac.compare_digest(
            wanted.encode(), via.parameters.get("branch", "").encode("utf-8", "replace")
        )
        return int(worker) if right else 0

    def inner_route(self, flow: Flow, *, direct: bool) -> str:
        """Return the Record-Route that sends a worker's own requests through the edge."""
        return f"<sip:{LOOPBACK}:{self.inner_port};lr;flow={flow.token}{';direct' if direct else ''}>"

    def is_public(self, via: Via) -> bool:
        return (via.host, via.port) == (self.host, self.port)

    def is_inner(self, via: Via) -> bool:
        return (via.host, via.port) == (LOOPBACK, self.inner_port)


def reply_flow(via: Via, source: Flow) -> Flow:
    """Return where responses go: RFC 3261 section 18.2.2, RFC 3581 section 4.

    For TCP that is the connection, and where to open another one once it is closed.
    """
    if source.transport == "UDP" and "rport" in via.parameters:
        return source
    return replace(source, port=via.port or DEFAULT_SIP_PORT)


def stamp(via: Via, source: Flow) -> Via:
    """Return a Via with the address that its message really came from."""
    parameters = dict(via.parameters)
    if "rport" in parameters:
        parameters["rport"] = str(source.port)
    if via.host != source.host or "rport" in parameters:
        parameters["received"] = source.host
    return Via(via.transport, via.host, via.port, parameters)


def next_hop(routes: list[str], uri: str) -> Flow | None:
    """Return the flow to the topmost route, or else to the URI; None if its host is a name, not an address."""
    try:
        target = SipUri.parse(NameAddress.parse(routes[0]).uri if routes else uri)
        host = str(ipaddress.ip_address(target.host))
    except ValueError:
        return None
    transport = target.parameters.get("transport", "udp").upper()
    if transport == "TCP":
        return Flow("TCP", host, target.port or DEFAULT_SIP_PORT)
    return Flow("UDP", host, target.port or DEFAULT_SIP_PORT)
