"""Relays: the ways from this node to the phones that have registered at others (``edge/relay.py``).

Nodes reach each other's edge at their cluster addresses, by TCP on their SIP port.
"""

from dataclasses import dataclass
from typing import Final

from mixminus.cluster.membership import Membership
from mixminus.directory.relays import Relay
from mixminus.hosts import bracketed, host_of
from mixminus.model.directory import Binding, BindingTransport
from mixminus.sip.internal_headers import Flow, FlowTransport
from mixminus.sip.node_keys import node_key
from mixminus.sip.relay_routes import RelayRoute

__all__ = ["Relays"]

_TRANSPORTS: Final[dict[BindingTransport, FlowTransport]] = {
    "udp": "UDP",
    "tcp": "TCP",
    "tls": "TLS",
    "wss": "WSS",
}


@dataclass(frozen=True, slots=True)
class _Hop:
    """The edge of another node."""

    host: str
    port: int
    transport: str = "tcp"
    connection: int = 0


class Relays:
    """Makes routes by the keys of other nodes."""

    def __init__(self, membership: Membership, secret: str) -> None:
        """``secret`` is the cluster's."""
        self._membership = membership
        self._secret = secret
        self._own = _edge_of(membership.node.address, membership.node.sip_address)

    @property
    def host(self) -> str:
        """Where other nodes reach this node's edge."""
        return self._own.host

    @property
    def key(self) -> bytes:
        """The key by which this node's edge knows what other nodes have written for it."""
        return node_key(self._secret, self._membership.node_id)

    def to(self, binding: Binding) -> Relay | None:
        """Return the way to a phone of another node; None if that is gone."""
        peer = self._membership.peer(binding.node_id)
        if peer is None:
            return None
        edge = _edge_of(peer.address, peer.sip_address)
        phone = Flow(_TRANSPORTS[binding.transport], binding.host, binding.port, binding.connection)
        user = RelayRoute(phone, self._own).user(node_key(self._secret, peer.id))
        uri = f"sip:{user}@{bracketed(edge.host)}:{edge.port};transport=tcp;lr"
        return Relay(_Hop(edge.host, edge.port), uri)


def _edge_of(address: str, sip_address: str) -> Flow:
    return Flow("TCP", host_of(address), int(sip_address.rpartition(":")[2]))
