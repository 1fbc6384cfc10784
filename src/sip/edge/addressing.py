"""Where messages go: the actions that the edge takes, its own addresses, and the flows of responses and requests."""

import hashlib
import hmac
import ipaddress
import re
from dataclasses import dataclass, replace
from typing import Final

from mixminus.hosts import bracketed, facing, family_of
from mixminus.sip.grammar import DEFAULT_SIP_PORT, DEFAULT_TLS_PORT, NameAddress, SipUri, Via
from mixminus.sip.internal_headers import Flow, FlowTransport
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
    tls_port: int = 0
    """0 without TLS."""
    wss_port: int = 0
    """0 without SIP over secure WebSockets."""
    other_host: str = ""
    """The advertised address of the other family; empty without one."""
    node_key: bytes = b""
    """Of what other nodes write for this one (``node_keys.py``); empty for a server that is no node."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The advertised addresses, at most one of each family."""
        return (self.host, self.other_host) if self.other_host else (self.host,)

    def authority(self, flow: Flow) -> str:
        """Return our address towards the other end of a flow, of its family where we have one."""
        # Without a TLS port of our own, whatever comes back uses the connection that we have opened.
        port = {"TLS": self.tls_port, "WSS": self.wss_port}.get(flow.transport) or self.port
        return f"{bracketed(facing(self.hosts, flow.host))}:{port}"

    def with_port(self, address: str) -> str:
        """Return a From with our port where it has our host, unless that is SIP's own port.

        pjsip writes none (RFC 3261 section 19.1.1), but a phone that is called refers others to the address in From.
        """
        if self.port == DEFAULT_SIP_PORT:
            return address
        for host in map(bracketed, self.hosts):
            before, found, after = address.rpartition(f"@{host}>")
            if found:
                return f"{before}@{host}:{self.port}>{after}"
        return address

    def contact(self, worker_id: int, flow: Flow) -> str:
        """Return the Contact by which a phone reaches a worker."""
        # RFC 7118 section 5.4: "ws" in a URI, whether secure or not.
        name = "ws" if flow.transport == "WSS" else flow.transport.lower()
        transport = "" if flow.transport == "UDP" else f";transport={name}"
        return f"<sip:w{worker_id}@{self.authority(flow)}{transport}>"

    def inner_via(self, flow: Flow, branch: str) -> str:
        """Return the Via for a request to a worker; the response carries the flow back."""
        return f"SIP/2.0/UDP {LOOPBACK}:{self.inner_port};branch={branch};flow={flow.token}"

    def public_via(self, flow: Flow, worker: str, inner_via: str) -> str:
        """Return the Via for a request to a phone; the response carries the worker's number back."""
        branch = self.branch(worker, inner_via)
        return f"SIP/2.0/{flow.transport} {self.authority(flow)};branch={branch};rport;worker={worker}"

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
        return _canonical(via.host) in self.hosts and via.port in {
            self.port,
            self.tls_port,
            self.wss_port,
        } - {0}

    def is_inner(self, via: Via) -> bool:
        return (via.host, via.port) == (LOOPBACK, self.inner_port)


def reply_flow(via: Via, source: Flow) -> Flow:
    """Return where responses go: RFC 3261 section 18.2.2, RFC 3581 section 4.

    For TCP that is the connection, and where to open another one once it is closed; for WebSocket the connection alone.
    """
    if source.transport == "WSS" or (source.transport == "UDP" and "rport" in via.parameters):
        return source
    return replace(source, port=via.port or _default_port(source.transport))


def stamp(via: Via, source: Flow) -> Via:
    """Return a Via with the address that its message really came from."""
    parameters = dict(via.parameters)
    if "rport" in parameters:
        parameters["rport"] = str(source.port)
    if _canonical(via.host) != source.host or "rport" in parameters:
        parameters["received"] = source.host
    return Via(via.transport, via.host, via.port, parameters)


def next_hop(routes: list[str], uri: str) -> Flow | None:
    """Return the flow to the topmost route, or else to the URI.

    None if its host is a name, not an address, and for WebSocket, over which no connection can be opened to a phone.
    """
    try:
        target = SipUri.parse(NameAddress.parse(routes[0]).uri if routes else uri)
        host = str(ipaddress.ip_address(target.host))
    except ValueError:
        return None
    wanted = target.parameters.get("transport", "udp").upper()
    transport: FlowTransport = "UDP"
    if wanted in ("WS", "WSS"):
        return None
    if wanted == "TLS" or target.scheme == "sips":
        transport = "TLS"
    elif wanted == "TCP":
        transport = "TCP"
    return Flow(transport, host, target.port or _default_port(transport))


def _canonical(host: str) -> str:
    """Return an IPv6 address as RFC 5952 writes it; any other host as it is."""
    return str(ipaddress.IPv6Address(host)) if ":" in host and family_of(host) else host


def _default_port(transport: str) -> int:
    return DEFAULT_TLS_PORT if transport == "TLS" else DEFAULT_SIP_PORT
