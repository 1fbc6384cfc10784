"""Random access keys, passwords and secrets, and the digests that are stored."""

import hashlib
import secrets
from typing import Final

__all__ = ["digest", "new_access_key", "new_password", "new_secret", "prefix"]

TOKEN_MARK: Final = "vb_"
TOKEN_BYTES: Final = 32
PASSWORD_BYTES: Final = 12
SECRET_BYTES: Final = 32
PREFIX_CHARACTERS: Final = 11


def new_access_key() -> str:
    return TOKEN_MARK + secrets.token_urlsafe(TOKEN_BYTES)


def new_password() -> str:
    return secrets.token_urlsafe(PASSWORD_BYTES)


def new_secret() -> str:
    """Return 256 random bits in hexadecimal, for an HMAC."""
    return secrets.token_hex(SECRET_BYTES)


def digest(access_key: str) -> str:
    """Return a key's stored digest: unsalted, to look it up; keys are too long and random to guess."""
    # A header may contain bytes that are not UTF-8: such a key is unknown, not an error.
    return hashlib.sha256(access_key.encode(errors="surrogatepass")).hexdigest()


def prefix(access_key: str) -> str:
    """Return the displayed beginning of a key; at most half of a short one."""
    return access_key[: min(PREFIX_CHARACTERS, len(access_key) // 2)]
