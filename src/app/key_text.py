"""Keys of stored secrets as text: 32 bytes in base64, of either alphabet."""

import base64
import binascii

from mixminus.store.cipher import KEY_BYTES

__all__ = ["read_key", "write_key"]


def read_key(text: str) -> bytes:
    """Return the key of a text; raise ValueError, which does not contain the text."""
    try:
        key = base64.b64decode(text.strip().replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a key is 32 bytes in base64, such as `openssl rand -base64 32` prints") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key is {KEY_BYTES} bytes in base64, not {len(key)}")
    return key


def write_key(key: bytes) -> str:
    """Return the text of a key."""
    return base64.urlsafe_b64encode(key).decode()
