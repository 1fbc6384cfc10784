"""The file of a backup: a tar archive whose last member is a manifest with the size and SHA-256 of all others.

The archive is written and read from front to back, so it may be a pipe. A file that changed while it was copied is in
it twice: the manifest describes the last copy, which is also the one that remains when it is extracted.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, Final

import orjson

from mixminus.errors import InvalidArgument

__all__ = ["ArchiveWriter", "BackupDamaged", "Manifest", "Progress", "extract"]

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
BLOCK_BYTES: Final = 1 << 20
MODE_BITS: Final = 0o777

Progress = Callable[[int], None]
"""Receives the bytes that were copied since the last call."""


class BackupDamaged(InvalidArgument):
    """The file is no backup, or not what was written."""


@dataclass(slots=True)
class Manifest:
    """What a backup holds."""

    version: str
    """Of the server that made it."""
    created: str
    revision: str
    """Of the database's tables."""
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Size and SHA-256 of each file by its name."""

    def to_json(self) -> bytes:
        files = {name: {"size": size, "sha256": digest} for name, (size, digest) in self.files.items()}
        about = {
            "format": FORMAT,
            "version": self.version,
            "created": self.created,
            "revision": self.revision,
        }
        return orjson.dumps(about | {"files": files}, option=orjson.OPT_INDENT_2)

    @classmethod
    def of(cls, text: bytes) -> "Manifest":
        """Read a manifest; raise BackupDamaged."""
        try:
            read: dict[str, Any] = orjson.loads(text)
            if read["format"] != FORMAT:
                raise BackupDamaged(
                    f"the backup has the format {read['format']}: restore it by a newer version"
                )
            files = {name: (each["size"], each["sha256"]) for name, each in read["files"].items()}
            return cls(read["version"], read["created"], read["revision"], files)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BackupDamaged("the manifest of the backup cannot be read") from None


class _Measured:
    """A file of which so many bytes are read, hashed and counted; later ones are left out."""

    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self._file = file
        self._progress = progress
        self.digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        block = self._file.read(size)
        self.digest.update(block)
        self._progress(len(block))
        return block


class ArchiveWriter:
    """Writes a backup, file by file; ``close`` adds the manifest."""

    def __init__(self, target: BinaryIO, manifest: Manifest, progress: Progress) -> None:
        self._tar = tarfile.TarFile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT)
        self.manifest = manifest
        self._progress = progress

    def add(self, path: Path, name: str) -> None:
        """Add a file as large as it is now; one that is gone is left out."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            self.manifest.files.pop(name, None)
            return
        with file:
            status = os.fstat(file.fileno())
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = (
                status.st_size,
                int(status.st_mtime),
                status.st_mode & MODE_BITS,
            )
            measured = _Measured(file, self._progress)
            self._tar.addfile(member, measured)
            self.manifest.files[name] = (status.st_size, measured.digest.hexdigest())

    def close(self) -> None:
        """Add the manifest and complete the archive."""
        text = self.manifest.to_json()
        member = tarfile.TarInfo(MANIFEST)
        member.size = len(text)
        self._tar.addfile(member, io.BytesIO(text))
        self._tar.close()


def extract(source: BinaryIO, folder: Path, progress: Progress) -> Manifest:
    """Write the files of a backup into an empty folder, and compare them with its manifest; raise BackupDamaged."""
    found: dict[str, tuple[int, str]] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(fileobj=source, mode="r|") as tar:
            for member in tar:
                content = tar.extractfile(member)
                if content is None or not _is_safe(member.name):
                    raise BackupDamaged(f"the backup holds {member.name!r}, which no backup of mixminus does")
                if member.name == MANIFEST:
                    manifest = Manifest.of(content.read())
                else:
                    found[member.name] = _write(content, folder / member.name, member.mode, progress)
    except tarfile.TarError as error:
        raise BackupDamaged(f"the file is no backup, or is cut off ({error})") from None
    if manifest is None:
        raise BackupDamaged("the backup ends early: it has no manifest")
    for name in found.keys() - manifest.files.keys():
        (folder / name).unlink()  # deleted while the backup was made
    for name, expected in manifest.files.items():
        if found.get(name) != expected:
            raise BackupDamaged(f"{name} is not what was written into the backup")
    return manifest


def _is_safe(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _write(content: IO[bytes], path: Path, mode: int, progress: Progress) -> tuple[int, str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode & MODE_BITS), "wb") as file:
        while block := content.read(BLOCK_BYTES):
            file.write(block)
            digest.update(block)
            size += len(block)
            progress(len(block))
        file.flush()
        os.fsync(file.fileno())
    return size, digest.hexdigest()
