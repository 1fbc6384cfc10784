"""Restore a backup into an empty data folder and an empty database. Nothing is put in place before all is checked."""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mixminus.app.backup.archive import BackupDamaged, Manifest, Progress, extract
from mixminus.app.backup.contents import TREES
from mixminus.app.data_folder import locked
from mixminus.app.secret_keys import KEY_FILE, KEY_MODE, key_file, keys_in, keys_of
from mixminus.app.settings import Settings, setting_name
from mixminus.errors import AlreadyExists, Unavailable
from mixminus.recording.completion import TIMELINE
from mixminus.recording.verify import verify
from mixminus.store.cipher import Cipher
from mixminus.store.copies import database_file, faults_of, keys_needed, put_database
from mixminus.store.examination import examine, is_known

__all__ = ["Restored", "restore"]

PREFIX: Final = ".restore-"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored."""

    manifest: Manifest
    recordings: int
    """Recordings that were verified against their timelines."""


async def restore(settings: Settings, source: Path, progress: Progress) -> Restored:
    """Restore a backup; raise AlreadyExists if there is data, BackupDamaged, or Unavailable while a server runs."""
    with locked(settings.data_dir):
        await _check_empty(settings)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=settings.data_dir))
        try:
            return await asyncio.to_thread(_restore, settings, source, folder, progress)
        except OSError as error:
            raise Unavailable(f"the backup cannot be restored ({error})") from None
        finally:
            shutil.rmtree(folder, ignore_errors=True)


async def _check_empty(settings: Settings) -> None:
    if (await examine(settings.database)).revision is not None:
        names = f"{setting_name('data_dir')} or {setting_name('database_url')}"
        raise AlreadyExists(f"the database has data already: name another by {names}, or move it away")
    for tree in TREES:
        top = settings.data_dir / tree
        if top.is_dir() and any(top.iterdir()):
            raise AlreadyExists(
                f"{top} is not empty: set {setting_name('data_dir')} to another folder, or move it away"
            )


def _restore(settings: Settings, source: Path, folder: Path, progress: Progress) -> Restored:
    with source.open("rb") as file:
        manifest = extract(file, folder, progress)
    if not is_known(manifest.revision):
        raise BackupDamaged(
            f"the backup was made by a newer version ({manifest.version}): install it, or a newer one"
        )
    keys = _keys(settings, folder / KEY_FILE)
    name = database_file(settings.database)
    if name not in manifest.files:
        raise BackupDamaged(
            f"the backup is of the other kind of database: set {setting_name('database_url')}"
        )
    if faults := faults_of(settings.database, folder / name):
        raise BackupDamaged(f"the database in the backup is damaged: {faults[0]}")
    if missing := set(keys_needed(settings.database, folder / name)) - set(Cipher(keys).ids):
        raise Unavailable(
            f"the key {min(missing)}, which decrypts the passwords of the backup, is missing: put it into "
            f"{key_file(settings)} or {setting_name('secrets_key')}"
        )
    recordings = _verify_recordings(folder / TREES[0])
    for tree in TREES:
        if (folder / tree).is_dir():
            _replace_empty(folder / tree, settings.data_dir / tree)
    if (folder / KEY_FILE).exists():
        (folder / KEY_FILE).chmod(KEY_MODE)
        (folder / KEY_FILE).rename(key_file(settings))
    put_database(settings.database, folder / name)
    return Restored(manifest, recordings)


def _keys(settings: Settings, restored: Path) -> list[bytes]:
    """Return the keys of the settings and of the backup; raise AlreadyExists if both have a file of keys."""
    path = key_file(settings)
    if not restored.exists():
        return keys_of(settings)
    if path.exists() and path.read_bytes() != restored.read_bytes():
        raise AlreadyExists(f"{path} exists, and the backup has another one: move it away")
    return [*keys_of(settings), *keys_in(restored)]


def _verify_recordings(folder: Path) -> int:
    """Verify every recording that was complete; one that was running is repaired when the server starts."""
    complete = [path.parent for path in sorted(folder.glob(f"*/{TIMELINE}"))]
    for each in complete:
        if findings := verify(each):
            raise BackupDamaged(
                f"the recording {each.name} is damaged: {findings[0].what} {findings[0].where}"
            )
    return len(complete)


def _replace_empty(source: Path, target: Path) -> None:
    if target.is_dir():
        target.rmdir()
    source.rename(target)
