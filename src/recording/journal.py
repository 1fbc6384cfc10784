"""Journal: the entries of a recording, in a hash chain: each line's hash covers the line before.

    {"entry": {...}, "hash": sha256(hash of the line before + the entry, keys in order)}

Changing, removing or inserting a line breaks the chain from there on; changing a sample breaks the hash of
its segment. The last hash is the recording's seal: stored in the database, published in
``recording_finished``.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson

__all__ = ["ORIGIN", "Entry", "Journal", "Line", "link", "read_journal"]

Entry = dict[str, Any]
Line = dict[str, Any]
ORIGIN: Final = ""
"""Stands for the previous hash in the first line."""


def link(before: str, entry: Entry) -> str:
    """Return the hash of an entry, chained to the hash before."""
    return hashlib.sha256(before.encode() + orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)).hexdigest()


class Journal:
    """Appends lines to a file; not thread-safe."""

    def __init__(self, path: Path, *, seal: str = ORIGIN) -> None:
        self.path = path
        self.seal = seal
        """The hash of the last line."""
        self._file = path.open("ab", buffering=0)

    def append(self, entries: Iterable[Entry]) -> None:
        """Write entries in one write."""
        lines = b""
        seal = self.seal
        for entry in entries:
            seal = link(seal, entry)
            lines += orjson.dumps({"entry": entry, "hash": seal}, option=orjson.OPT_APPEND_NEWLINE)
        rest = memoryview(lines)
        while rest:
            rest = rest[self._file.write(rest) :]
        self.seal = seal

    def sync(self) -> None:
        """Flush to the disk, so that a power failure loses nothing written so far."""
        if not self._file.closed:
            os.fdatasync(self._file.fileno())

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._file.close()


def read_journal(path: Path) -> tuple[list[Line], int]:
    """Return the lines up to the first break in the chain, and their size; a crash can cut a line."""
    content = path.read_bytes()
    lines: list[Line] = []
    size = 0
    for line, length in _parsed(content):
        if line.get("hash") != link(lines[-1]["hash"] if lines else ORIGIN, line.get("entry", {})):
            break
        lines.append(line)
        size += length
    return lines, size


def _parsed(content: bytes) -> Iterator[tuple[Line, int]]:
    for raw in content.splitlines(keepends=True):
        try:
            line = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return
        if not isinstance(line, dict) or not raw.endswith(b"\n"):
            return
        yield line, len(raw)
