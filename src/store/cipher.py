"""Cipher: encrypts the secrets in the database with AES-256-GCM (NIST SP 800-38D), bound to their place.

A ciphertext is ``aes:<id of the key>:<base64 of nonce, ciphertext and tag>``. Table, column and row are its associated
data: it cannot be decrypted in another place, so that no row can be given the password of another one. The nonce is
random, of 96 bits: safe for 2**32 encryptions by one key. An empty text is no secret, and remains empty.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mixminus.errors import Unavailable

__all__ = ["KEY_BYTES", "Cipher", "DecryptionFailed", "key_id", "new_key"]

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_ID_CHARACTERS: Final = 16
_MARK: Final = "aes"


class DecryptionFailed(Unavailable):
    """A secret in the database was encrypted by a key that is missing, or it was changed."""


def new_key() -> bytes:
    """Return a random key of 256 bits."""
    return os.urandom(KEY_BYTES)


def key_id(key: bytes) -> str:
    """Return the id of a key, 16 hexadecimal digits that reveal nothing of it."""
    return hashlib.sha256(b"mixminus key id" + key).hexdigest()[:_ID_CHARACTERS]


class Cipher:
    """Encrypts with the first of its keys, and decrypts with any of them.

    Without keys, texts are stored as they are: for programs that read a database which no server has used.
    """

    def __init__(self, keys: Sequence[bytes] = ()) -> None:
        self.ids: tuple[str, ...] = tuple(key_id(key) for key in keys)
        self._keys = dict(zip(self.ids, map(AESGCM, keys), strict=True))

    def encrypt(self, text: str, place: str) -> str:
        """Return a text encrypted for a place, such as ``trunks.password:<id>``."""
        return self.encrypt_bytes(text.encode(), place).decode() if text and self._keys else text

    def decrypt(self, stored: str, place: str) -> str:
        """Return the text of a place; raise DecryptionFailed."""
        return self.decrypt_bytes(stored.encode(), place).decode() if stored and self._keys else stored

    def encrypt_bytes(self, content: bytes, place: str) -> bytes:
        """Return bytes encrypted for a place, in ASCII."""
        if not self._keys:
            return content
        newest = self.ids[0]
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._keys[newest].encrypt(nonce, content, place.encode())
        return f"{_MARK}:{newest}:".encode() + base64.b64encode(sealed)

    def decrypt_bytes(self, stored: bytes, place: str) -> bytes:
        """Return the bytes of a place; raise DecryptionFailed."""
        if not self._keys:
            return stored
        mark, _, rest = stored.partition(b":")
        named, _, encoded = rest.partition(b":")
        key = self._keys.get(named.decode(errors="replace"))
        if mark != _MARK.encode() or key is None:
            raise DecryptionFailed(f"the secret {place} was encrypted by a key that is missing")
        try:
            sealed = base64.b64decode(encoded, validate=True)
            return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError, binascii.Error):
            raise DecryptionFailed(f"the secret {place} was changed in the database") from None
