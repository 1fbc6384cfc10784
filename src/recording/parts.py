"""PartStore: what running recordings have in the storage, in parts that are objects of their own.

    parts/<recording>/mix.wav/000000000000000       the file's bytes from this offset on, as a zlib stream
    parts/<recording>/mix.wav/000000000320044
    parts/<recording>/journal.jsonl/000000000000000

Parts that follow each other without a gap are the beginning of a file. The parts of an S3 upload would not do: each but
the last has at least 5 MB, and none can be read before the upload is completed.

Every method blocks: call it in a thread.
"""

import contextlib
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from mixminus.model.ids import RecordingId

__all__ = ["PART_BYTES", "PartStore", "as_os_errors"]

PART_BYTES: Final = 1 << 20
"""The most that a part has of a file: 33 s of mono at 16 kHz."""
_FOLDER: Final = "parts"
_NAME: Final = re.compile(r"(?P<file>[a-z][a-z0-9-]*\.(?:wav|jsonl))/(?P<first>[0-9]{15})", re.ASCII)
_BATCH: Final = 16
"""Parts that are read at once."""
_LEVEL: Final = 1
"""Of compression: silence becomes small, and voices cost little."""


@contextlib.contextmanager
def as_os_errors() -> Iterator[None]:
    """Turn any exception of a storage client into OSError: each client has its own types."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError("the storage does not answer") from error


class PartStore:
    """Stores, restores and deletes parts, below the root of a storage; every method raises OSError on failure."""

    def __init__(self, files: Any, root: str, *, has_folders: bool) -> None:
        """``files`` is a file system of fsspec; ``has_folders``: where a folder has to be made before a file in it."""
        self._files = files
        self._root = f"{root.rstrip('/')}/{_FOLDER}"
        self._has_folders = has_folders

    def put(self, recording_id: RecordingId, file: str, first: int, content: bytes) -> None:
        """Store the bytes of a file from ``first`` on; the same again is harmless."""
        folder = f"{self._root}/{recording_id}/{file}"
        with as_os_errors():
            if self._has_folders:
                self._files.makedirs(folder, exist_ok=True)
            self._files.pipe_file(f"{folder}/{first:015}", zlib.compress(content, _LEVEL))

    def has(self, recording_id: RecordingId) -> bool:
        """Return whether a recording has parts."""
        return bool(self._found(recording_id))

    def restore(self, recording_id: RecordingId, directory: Path) -> bool:
        """Write the beginning of each file that its parts give into a folder; return whether there is any.

        A file whose first part was not written to its end has no beginning: it is left out.
        """
        found = self._found(recording_id)
        written = [self._write(directory / file, parts) for file, parts in found.items()]
        return any(written)

    def recordings(self) -> set[RecordingId]:
        """Return the recordings that have parts."""
        with as_os_errors(), contextlib.suppress(FileNotFoundError):
            self._files.invalidate_cache()
            names = [
                str(each).rstrip("/").rpartition("/")[2] for each in self._files.ls(self._root, detail=False)
            ]
            return {RecordingId(UUID(name)) for name in names if _is_uuid(name)}
        return set()

    def delete(self, recording_id: RecordingId) -> None:
        """Delete a recording's parts; there may be none."""
        with as_os_errors(), contextlib.suppress(FileNotFoundError):
            self._files.invalidate_cache()
            self._files.rm(f"{self._root}/{recording_id}", recursive=True)
            self._files.invalidate_cache()

    def _found(self, recording_id: RecordingId) -> dict[str, list[tuple[int, str]]]:
        """Return the parts of each file, by their offsets and paths, in order."""
        folder = f"{self._root}/{recording_id}"
        with as_os_errors():
            self._files.invalidate_cache()
            paths = sorted(str(each) for each in self._files.find(folder))
        found: dict[str, list[tuple[int, str]]] = {}
        for path in paths:
            if name := _NAME.fullmatch(path.rpartition(f"/{recording_id}/")[2]):
                found.setdefault(name["file"], []).append((int(name["first"]), path))
        return found

    def _write(self, target: Path, parts: Sequence[tuple[int, str]]) -> bool:
        """Write the bytes of parts up to the first gap; return whether there are any."""
        size = 0
        for content in self._contents(parts):
            with target.open("ab") as file:
                size += file.write(content)
        return size > 0

    def _contents(self, parts: Sequence[tuple[int, str]]) -> Iterator[bytes]:
        """Yield the bytes of parts up to the first gap."""
        size = 0
        for at in range(0, len(parts), _BATCH):
            batch = parts[at : at + _BATCH]
            with as_os_errors():
                contents = self._files.cat([path for _, path in batch])
            for first, path in batch:
                content = _content(contents[path])
                if first != size or content is None:
                    return
                size += len(content)
                yield content


def _content(stored: bytes) -> bytes | None:
    """Return the bytes of a part; None of one that was not written to its end."""
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(stored)
    except zlib.error:
        return None
    return content if stream.eof else None


def _is_uuid(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
