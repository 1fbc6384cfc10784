"""The keys of stored secrets: read from the setting and the data folder, made at the first start, and rotated.

The first key encrypts, the others only decrypt. A database that needs another than the first one is encrypted again
when the server starts: so a key is rotated by naming the new one before the old one.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mixminus import log
from mixminus.app.atomic_file import replace_file
from mixminus.app.data_folder import locked
from mixminus.app.key_text import read_key, write_key
from mixminus.app.settings import Settings, setting_name
from mixminus.clock import Clock
from mixminus.errors import Conflict, Unavailable
from mixminus.store.cipher import Cipher, new_key
from mixminus.store.copies import rewrite_database
from mixminus.store.database import Store
from mixminus.store.exclusive import owned_database

__all__ = ["KEY_FILE", "KEY_MODE", "key_file", "keys_in", "keys_of", "open_cipher", "rotate_key"]

KEY_FILE: Final = "secrets.key"
KEY_MODE: Final = 0o600

logger = log.get("app")


def key_file(settings: Settings) -> Path:
    """Return the file of the keys, one a line."""
    return settings.data_dir / KEY_FILE


def keys_of(settings: Settings) -> list[bytes]:
    """Return the keys of the setting, then those of the file; raise Unavailable for a file that cannot be used."""
    texts = filter(None, settings.secrets_key.get_secret_value().split(","))
    path = key_file(settings)
    kept = keys_in(path) if path.exists() else []
    return list(dict.fromkeys([*map(read_key, texts), *kept]))


def keys_in(path: Path) -> list[bytes]:
    """Return the keys of a file; raise Unavailable if it cannot be used."""
    try:
        return [read_key(text) for text in path.read_text("ascii").splitlines() if text.strip()]
    except OSError as error:
        raise Unavailable(f"{path} cannot be read ({error.strerror}): make it readable") from None
    except ValueError as error:
        raise Unavailable(f"{path} is damaged ({error}): restore it from a copy") from None


async def open_cipher(settings: Settings, clock: Clock) -> Cipher:
    """Return the cipher of the database's secrets, and encrypt them with its first key unless they are.

    The tables must be of the newest revision. Raises Unavailable if the key is missing or wrong.
    """
    store = Store(settings.database)
    try:
        async with store.snapshot() as tx:
            needed = await tx.encryption.needed()
        cipher = Cipher(_checked(settings, keys_of(settings), needed))
        if list(needed) == [cipher.ids[0]]:
            return cipher
        async with store.transaction() as tx:
            count = await tx.encryption.encrypt_all(cipher if needed else Cipher(), cipher, clock.now())
        logger.info("secrets encrypted", secrets=count, key=cipher.ids[0])
    finally:
        await store.close()
    if not needed and count:
        # What an earlier version has written in plain text is still in free pages of the file.
        await asyncio.to_thread(rewrite_database, settings.database)
    return cipher


async def rotate_key(settings: Settings, clock: Clock) -> str:
    """Encrypt all secrets with a new key, which replaces that of the file; return the id of the new one.

    Raises Conflict if the key comes from the setting, Unavailable while a server uses the data folder or the database.
    """
    if settings.secrets_key.get_secret_value():
        name = setting_name("secrets_key")
        raise Conflict(
            f"the key comes from {name}: set it to NEW,OLD, such as {name}={write_key(new_key())},<the present key>, "
            "and start the server, which encrypts everything again; then remove the old key"
        )
    with locked(settings.data_dir):
        async with owned_database(settings.database, lambda _: None):
            path, key = key_file(settings), new_key()
            # Both keys, until everything is encrypted by the new one: whatever happens, one of them decrypts.
            _write(path, [key, *keys_of(settings)])
            cipher = await open_cipher(settings, clock)
            _write(path, [key])
    return cipher.ids[0]


def _checked(settings: Settings, keys: list[bytes], needed: Sequence[str]) -> list[bytes]:
    """Return the keys, a new one if the database needs none yet; raise Unavailable if they lack what it needs."""
    where = f"{key_file(settings)} or {setting_name('secrets_key')}"
    if missing := set(needed) - set(Cipher(keys).ids):
        state = "is not the right one" if keys else "is missing"
        raise Unavailable(
            f"the key that decrypts the passwords in the database {state}: it must be in {where}; "
            f"restore the key with the id {min(missing)} from a copy of that file, or from a backup"
        )
    if not keys:
        keys = [new_key()]
        _write(key_file(settings), keys)
        logger.info("key made", file=str(key_file(settings)), key=Cipher(keys).ids[0])
    return keys


def _write(path: Path, keys: Sequence[bytes]) -> None:
    """Replace the file, readable by its owner alone."""
    try:
        replace_file(path, "".join(f"{write_key(key)}\n" for key in keys).encode("ascii"), KEY_MODE)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written ({error.strerror}): make the folder writable") from None
