"""Node keys: what other nodes write for the edge of one, so that it knows that it was a node. Pure."""

import hashlib
import hmac
from typing import Final
from uuid import UUID

__all__ = ["COME_AGAIN", "VOUCHED", "code", "is_code_of", "node_key", "vouched_account", "voucher"]

VOUCHED: Final = "caller"
"""The parameter of a Request-URI that carries a voucher."""
COME_AGAIN: Final = ".again"
"""The end of the Call-ID, within this server, of a call that the edge has redirected before."""
_PURPOSE: Final = b"the edge of a node "
_CODE_BYTES: Final = 16


def node_key(secret: str, node_id: UUID) -> bytes:
    """Return the key of a node; ``secret`` is the cluster's. A node that starts anew has another one."""
    return hmac.digest(secret.encode(), _PURPOSE + node_id.bytes, "sha256")


def code(key: bytes, text: str) -> str:
    """Return what shows that a text was written by who has the key."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=_CODE_BYTES, key=key).hexdigest()


def is_code_of(key: bytes, text: str, given: str) -> bool:
    """Return whether a code was made with this key for this text."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), code(key, text).encode())


def voucher(key: bytes, account_id: str, sip_call_id: str) -> str:
    """Return what shows the node with this key that another one has checked the caller of a call; no account for an anonymous one."""
    return f"{account_id}.{code(key, _vouched(account_id, sip_call_id))}"


def vouched_account(key: bytes, text: str, sip_call_id: str) -> str | None:
    """Return the account that a voucher names, empty for an anonymous caller; None unless it was made for this node and call."""
    account_id, _, given = text.rpartition(".")
    right = is_code_of(key, _vouched(account_id, sip_call_id), given)
    return account_id if key and text and right else None


def _vouched(account_id: str, sip_call_id: str) -> str:
    return f"caller {account_id} {sip_call_id}"
