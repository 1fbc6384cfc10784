"""Node keys: what other nodes write for the edge of one, so that it knows that it was a node. Pure."""

import hmac
from typing import Final
from uuid import UUID

__all__ = ["node_key"]

_PURPOSE: Final = b"the edge of a node "


def node_key(secret: str, node_id: UUID) -> bytes:
    """Return the key of a node; ``secret`` is the cluster's. A node that starts anew has another one."""
    return hmac.digest(secret.encode(), _PURPOSE + node_id.bytes, "sha256")
