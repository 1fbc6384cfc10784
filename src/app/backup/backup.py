"""Make a backup: first the database, then the files, so that each row has its file; the server may run."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from mixminus.app.backup.archive import ArchiveWriter, Manifest, Progress
from mixminus.app.backup.contents import files_of, folders
from mixminus.app.secret_keys import KEY_FILE, key_file
from mixminus.app.settings import Settings
from mixminus.errors import AlreadyExists, Unavailable
from mixminus.store.copies import copy_database, database_file
from mixminus.store.examination import Examination

__all__ = ["back_up", "size_of"]

MODE: Final = 0o600
"""A backup holds secrets: keys of TLS, passwords of phones and the key that decrypts them."""
TRIES: Final = 5
"""How often a folder is copied whose list of files changes meanwhile: when a recording ends, and is encoded."""


def size_of(settings: Settings) -> int:
    """Return about how many bytes a backup copies, without the database."""
    return sum(
        file.stat().st_size for _, folder in folders(settings) for file in files_of(folder) if file.exists()
    )


def back_up(
    settings: Settings,
    target: Path,
    examined: Examination,
    *,
    version: str,
    now: datetime,
    progress: Progress,
    with_key: bool = True,
) -> Manifest:
    """Write a backup to a file that does not exist yet; raise AlreadyExists, or Unavailable.

    ``with_key`` adds the file of the keys that decrypt its passwords, if there is one.
    """
    if target.exists():
        raise AlreadyExists(f"{target} exists: name another file")
    if examined.revision is None:
        raise Unavailable(
            f"there is nothing to back up: the database of {settings.data_dir.absolute()} is empty"
        )
    manifest = Manifest(version, now.isoformat(timespec="seconds"), examined.revision)
    with _partial(target) as partial:
        copy = partial.with_suffix(".database")
        try:
            copy_database(settings.database, copy)
            with open(os.open(partial, os.O_CREAT | os.O_WRONLY, MODE), "wb") as file:
                archive = ArchiveWriter(file, manifest, progress)
                archive.add(copy, database_file(settings.database))
                for name, folder in folders(settings):
                    _add_folder(archive, name, folder)
                if with_key and key_file(settings).exists():
                    archive.add(key_file(settings), KEY_FILE)
                archive.close()
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise Unavailable(f"the backup cannot be written ({error})") from None
        partial.rename(target)
    return manifest


def _add_folder(archive: ArchiveWriter, name: str, folder: Path) -> None:
    for _ in range(TRIES):
        before = files_of(folder)
        for path in before:
            archive.add(path, str(Path(name) / path.relative_to(folder)) if path != folder else name)
        if (after := files_of(folder)) == before:
            return
        for gone in set(before) - set(after):
            archive.manifest.files.pop(str(Path(name) / gone.relative_to(folder)), None)


@contextmanager
def _partial(target: Path) -> Iterator[Path]:
    """Yield a path beside the target, so that a backup that fails leaves nothing."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.absolute().parent))
    except OSError as error:
        raise Unavailable(f"{target.absolute().parent} cannot be written ({error.strerror})") from None
    try:
        yield folder / "partial"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
