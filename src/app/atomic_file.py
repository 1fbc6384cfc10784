"""Files that are replaced in one step, such as keys."""

import os
from pathlib import Path

__all__ = ["replace_file"]


def replace_file(path: Path, content: bytes, mode: int) -> None:
    """Replace a file on the disk; it never exists with other permissions or half written. Raises OSError."""
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
