"""Relay routes: the URIs by which a node reaches a phone at another one, and the phone that node. Pure.

    sip:TO~BACK.CODE@host:port;lr        TO, BACK: flows

The node that has the phone's flow sends the request to TO, and gives the other side the reverse. The code is made with a key
of that node, which other nodes know too: they alone can make a route (RFC 5626 section 5.2).
"""

from dataclasses import dataclass

from mixminus.sip.grammar import NameAddress, SipUri, Unreadable
from mixminus.sip.internal_headers import Flow
from mixminus.sip.node_keys import code, is_code_of

__all__ = ["RelayRoute", "called_host"]


@dataclass(frozen=True, slots=True)
class RelayRoute:
    """Where a request goes, and where those of its receiver go."""

    to: Flow
    back: Flow

    @property
    def leads_to_node(self) -> bool:
        """Whether the receiver is a node: a phone's flow over TCP has a connection."""
        return self.to.transport == "TCP" and not self.to.connection

    @property
    def reverse(self) -> "RelayRoute":
        """The route of the receiver."""
        return RelayRoute(self.back, self.to)

    def user(self, key: bytes) -> str:
        """Return the user part of its URI."""
        named = f"{self.to.token}~{self.back.token}"
        return f"{named}.{code(key, named)}"

    @classmethod
    def read(cls, user: str, key: bytes) -> "RelayRoute | None":
        """Read a user part; None unless it was made with this key."""
        named, _, given = user.rpartition(".")
        if "~" not in named or not is_code_of(key, named, given):
            return None
        to, _, back = named.partition("~")
        return cls(Flow.from_token(to), Flow.from_token(back))


def called_host(route: str) -> str:
    """Return the address of the phone that an INVITE of ours is relayed to by its Route; empty if it is not."""
    try:
        to, relayed, _ = SipUri.parse(NameAddress.parse(route).uri).user.partition("~")
        return Flow.from_token(to).host if relayed else ""
    except Unreadable:
        return ""
