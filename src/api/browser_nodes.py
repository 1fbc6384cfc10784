"""Browser nodes: which node has the leg of a browser that joins by WHIP.

The room's home, because its audio then has no second hop. While the home drains, or has refused the browser because it is full,
another node has it, as a satellite (ADR 42); the session's URL then names that node.
"""

from typing import Final
from uuid import UUID

from aiohttp import hdrs, web

from mixminus.api import whip
from mixminus.api.paths import CANONICAL
from mixminus.api.services import Services

__all__ = ["joins", "named_by", "node_for", "takes_instead"]

_REFUSED: Final = 503


def joins(method: str, pattern: str) -> bool:
    """Return whether a request is a browser's join."""
    return method == hdrs.METH_POST and pattern == whip.PATH


def node_for(services: Services, home: UUID | None) -> UUID | None:
    """Return the other node that takes a browser into a room whose home is ``home``; None for this one."""
    cluster = services.cluster
    peer = cluster.peer(home) if home else None
    drains = services.admission.refusing if home is None else peer is not None and peer.is_draining
    if not drains:
        return home
    if home is not None and not services.admission.refusing:
        return None
    successor = cluster.successor()
    return successor.id if successor else home


def takes_instead(services: Services, answer: web.StreamResponse) -> bool:
    """Return whether this node takes a browser that the home has refused."""
    return answer.status == _REFUSED and not answer.prepared and not services.admission.refusing


def named_by(request: web.Request) -> UUID | None:
    """Return the node that the URL of a session names; None for the home."""
    text = request.query.get(whip.NODE, "")
    return UUID(text) if CANONICAL.fullmatch(text) else None
