"""Relays: how phones are called that have registered at other nodes."""

from collections.abc import Callable
from dataclasses import dataclass

from mixminus.call.leg import Hop
from mixminus.model.directory import Binding

__all__ = ["Relay", "RelayOf", "no_relay"]


@dataclass(frozen=True, slots=True)
class Relay:
    """The way to a phone by the node that has its flow."""

    hop: Hop
    """Where requests are sent."""
    route: str
    """The URI of their Route header."""


RelayOf = Callable[[Binding], Relay | None]
"""Returns the way to a phone of another node; None if that node is gone (``sip.relays.Relays.to``)."""


def no_relay(_: Binding) -> Relay | None:
    """Return None: there is no other node."""
    return None
