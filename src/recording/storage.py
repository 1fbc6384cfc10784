"""Storage: keeps finished recordings, a folder each, on the local disk or at any URL that fsspec supports.

Every method blocks: call it in a thread.
"""

import contextlib
import shutil
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, cast

import fsspec

from mixminus.errors import InvalidArgument, Unavailable
from mixminus.model.ids import RecordingId
from mixminus.recording.parts import PartStore, as_os_errors

__all__ = ["LocalStorage", "RemoteStorage", "Storage", "open_storage"]

_OBJECT_STORES: Final = frozenset({"s3", "gs", "az"})
_HELP: Final = "pip install 'mixminus[s3]'"


class Storage(Protocol):
    """Keeps finished recordings."""

    @property
    def parts(self) -> PartStore | None:
        """Where running recordings have their parts, in a storage that all nodes share; None for this machine's disk."""
        ...

    def store(self, recording_id: RecordingId, directory: Path) -> None:
        """Store the files of a folder; on return all are stored. OSError on failure."""
        ...

    def size(self, recording_id: RecordingId, name: str) -> int:
        """Return a file's size in bytes; FileNotFoundError."""
        ...

    def open(self, recording_id: RecordingId, name: str) -> BinaryIO:
        """Open a seekable file; FileNotFoundError."""
        ...

    def path(self, recording_id: RecordingId, name: str) -> Path | None:
        """Return the file's local path, if it is on this machine."""
        ...

    def delete(self, recording_id: RecordingId) -> None:
        """Delete a recording's files; missing files are ignored."""
        ...

    def delete_file(self, recording_id: RecordingId, name: str) -> None:
        """Delete one file of a recording; a missing one is ignored."""
        ...


def _unless_missing(_function: object, _path: object, error: tuple[Any, BaseException, Any]) -> None:
    """Go on deleting a folder if something in it is already gone; raise any other error."""
    if not isinstance(error[1], FileNotFoundError):
        raise error[1]


class LocalStorage:
    """The folder that recordings are made in."""

    parts: Final = None

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def store(self, recording_id: RecordingId, directory: Path) -> None:
        """Do nothing: the files are already in place."""

    def size(self, recording_id: RecordingId, name: str) -> int:
        return self._path(recording_id, name).stat().st_size

    def open(self, recording_id: RecordingId, name: str) -> BinaryIO:
        return self._path(recording_id, name).open("rb")

    def path(self, recording_id: RecordingId, name: str) -> Path | None:
        return self._path(recording_id, name)

    def delete(self, recording_id: RecordingId) -> None:
        shutil.rmtree(self._directory / str(recording_id), onerror=_unless_missing)
        (self._directory / f"{recording_id}.wav").unlink(missing_ok=True)

    def delete_file(self, recording_id: RecordingId, name: str) -> None:
        self._path(recording_id, name).unlink(missing_ok=True)

    def _path(self, recording_id: RecordingId, name: str) -> Path:
        path = self._directory / str(recording_id) / name
        # Older versions wrote one file per recording, without a folder.
        older = self._directory / f"{recording_id}.wav"
        return older if not path.exists() and older.exists() and name.startswith("mix.") else path


class RemoteStorage:
    """A URL that fsspec supports; files that are not uploaded yet are read from the local folder."""

    def __init__(self, url: str, directory: Path) -> None:
        try:
            self._files, self._root = fsspec.core.url_to_fs(url, skip_instance_cache=True)
        except ImportError as error:
            raise Unavailable(f"recording_storage_url: {_HELP} to store recordings there") from error
        except ValueError as error:
            raise InvalidArgument("recording_storage_url: fsspec does not support the protocol") from error
        self._local = LocalStorage(directory)
        # In an object store a folder is part of a name, and creating one would create a bucket.
        self._has_folders = _OBJECT_STORES.isdisjoint(_protocols(self._files))
        self.parts = PartStore(self._files, self._root, has_folders=self._has_folders)

    def store(self, recording_id: RecordingId, directory: Path) -> None:
        target = self._remote(recording_id)
        with as_os_errors():
            if self._has_folders:
                self._files.makedirs(target, exist_ok=True)
            for path in sorted(directory.iterdir()):
                self._files.put_file(str(path), f"{target}/{path.name}")
        shutil.rmtree(directory, ignore_errors=True)

    def size(self, recording_id: RecordingId, name: str) -> int:
        if self.path(recording_id, name):
            return self._local.size(recording_id, name)
        with as_os_errors():
            return int(self._files.size(self._remote(recording_id, name)))

    def open(self, recording_id: RecordingId, name: str) -> BinaryIO:
        if self.path(recording_id, name):
            return self._local.open(recording_id, name)
        with as_os_errors():
            return cast(BinaryIO, self._files.open(self._remote(recording_id, name), "rb"))

    def path(self, recording_id: RecordingId, name: str) -> Path | None:
        path = self._local.path(recording_id, name)
        return path if path and path.exists() else None

    def delete(self, recording_id: RecordingId) -> None:
        self._local.delete(recording_id)
        with as_os_errors(), contextlib.suppress(FileNotFoundError):
            self._files.rm(self._remote(recording_id), recursive=True)
            self._files.invalidate_cache()
        self.parts.delete(recording_id)

    def delete_file(self, recording_id: RecordingId, name: str) -> None:
        self._local.delete_file(recording_id, name)
        with as_os_errors(), contextlib.suppress(FileNotFoundError):
            self._files.rm_file(self._remote(recording_id, name))
            self._files.invalidate_cache()

    def _remote(self, *parts: Any) -> str:
        return "/".join((self._root.rstrip("/"), *map(str, parts)))


def _protocols(files: Any) -> set[str]:
    protocol = files.protocol
    return {protocol} if isinstance(protocol, str) else set(protocol)


def open_storage(url: str, directory: Path) -> Storage:
    """Return the storage of a URL; the local folder if the URL is empty."""
    return RemoteStorage(url, directory) if url else LocalStorage(directory)
