"""The data folder, locked by the server that uses it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mixminus.app.settings import setting_name
from mixminus.errors import Unavailable

__all__ = ["locked"]

# Recordings are private to the server and its operator.
MODE: Final = 0o750


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Create the folder if needed and lock it; the kernel releases the lock if the process dies."""
    name = setting_name("data_dir")
    try:
        folder.mkdir(mode=MODE, parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise Unavailable(
            f"{name}: {folder} cannot be written ({error.strerror}); make it writable, or set another folder"
        ) from None
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Unavailable(
            f"{setting_name('data_dir')}: another mixminus server uses {folder}; stop it, or set another folder"
        ) from None
