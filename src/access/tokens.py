"""Access keys and other random words, and what is kept of them."""

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
    """Return what is kept of a key: being random and long, it cannot be searched for, and can be looked up."""
    # A header may hold bytes that are no UTF-8: they are nobody's key, and no failure of ours.
    return hashlib.sha256(access_key.encode(errors="surrogatepass")).hexdigest()


def prefix(access_key: str) -> str:
    """Return the beginning that tells keys apart; of one that an operator made short, never more than half."""
    return access_key[: min(PREFIX_CHARACTERS, len(access_key) // 2)]
