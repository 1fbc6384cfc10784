"""The URIs of a trunk: its server, its address of record, and where requests to it are sent. Pure."""

import re
from typing import Final

from mixminus.model.directory import Trunk

__all__ = ["address_of", "next_hop_of", "route_of", "server_of"]

_PORT: Final = re.compile(r":[0-9]+\Z")


def server_of(trunk: Trunk) -> str:
    """Return the Request-URI of requests to the server itself: REGISTER and OPTIONS."""
    return f"sip:{trunk.outbound_host}{_parameter(trunk)}"


def address_of(trunk: Trunk) -> str:
    """Return the address of record."""
    return f"sip:{trunk.username}@{trunk.from_domain or _PORT.sub('', trunk.outbound_host)}"


def route_of(trunk: Trunk) -> str:
    """Return the URI of the outbound proxy for the Route header; empty without one."""
    return f"sip:{trunk.outbound_proxy}{_parameter(trunk)};lr" if trunk.outbound_proxy else ""


def next_hop_of(trunk: Trunk) -> str:
    """Return the URI that leads to the servers that requests are sent to."""
    over = "" if trunk.outbound_transport == "auto" else f";transport={trunk.outbound_transport}"
    return f"sip:{trunk.outbound_proxy or trunk.outbound_host}{over}"


def _parameter(trunk: Trunk) -> str:
    return "" if trunk.outbound_transport in ("udp", "auto") else f";transport={trunk.outbound_transport}"
