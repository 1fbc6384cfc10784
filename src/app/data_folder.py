"""The data folder: one server at a time writes there."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mixminus.app.settings import setting_name
from mixminus.errors import Unavailable

__all__ = ["hold"]

# Recordings are nobody's business but the server's and its operator's.
MODE: Final = 0o750


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Make the folder if need be and keep other servers out of it; the kernel frees it if we die."""
    name = setting_name("data_dir")
    try:
        folder.mkdir(mode=MODE, parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise Unavailable(
            f"{name}: {folder} cannot be written ({error.strerror}); make it writable, or name another folder"
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
            f"{setting_name('data_dir')}: another mixminus works in {folder}; stop it, or name another folder"
        ) from None
