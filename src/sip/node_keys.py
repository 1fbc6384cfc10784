"""Node keys: what other nodes write for the edge of one, so that it knows that it was a node. Pure."""

import hashlib
import hmac
from typing import Final
from uuid import UUID

__all__ = ["COME_AGAIN", "VOUCHED", "node_key", "vouched_account", "voucher"]

VOUCHED: Final = "caller"
"""The parameter of a Request-URI that carries a voucher."""
COME_AGAIN: Final = ".again"
"""The end of the Call-ID, within this server, of a call that the edge has redirected before."""
_PURPOSE: Final = b"the edge of a node "
_CODE_BYTES: Final = 16


def node_key(secret: str, node_id: UUID) -> bytes:
    """Return the key of a node; ``secret`` is the cluster's. A node that starts anew has another one."""
    return hmac.digest(secret.encode(), _PURPOSE + node_id.bytes, "sha256")


def voucher(key: bytes, account_id: str, sip_call_id: str) -> str:
    """Return what shows the node with this key that another one has checked the caller of a call; no account for an anonymous one."""
    return f"{account_id}.{_code(key, account_id, sip_call_id)}"


def vouched_account(key: bytes, text: str, sip_call_id: str) -> str | None:
    """Return the account that a voucher names, empty for an anonymous caller; None unless it was made for this node and call."""
    account_id, _, code = text.rpartition(".")
    wanted = _code(key, account_id, sip_call_id)
    right = hmac.compare_digest(code.encode("utf-8", "replace"), wanted.encode())
    return account_id if key and text and right else None


def _code(key: bytes, account_id: str, sip_call_id: str) -> str:
    text = f"caller {account_id} {sip_call_id}".encode("utf-8", "replace")
    return hashlib.blake2b(text, digest_size=_CODE_BYTES, key=key).hexdigest()
