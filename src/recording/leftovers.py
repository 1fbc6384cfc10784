"""Leftovers: folders and parts of recordings that have been completed from something else, or are stored."""

import functools
import shutil
from collections import Counter
from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID

import orjson

from mixminus.log import get
from mixminus.model.ids import RecordingId
from mixminus.model.recording import Recording
from mixminus.recording.completion import TIMELINE, seal_of
from mixminus.recording.ledger import RecordingLedger
from mixminus.recording.restoring import RESTORING
from mixminus.recording.uploads import Uploads

__all__ = ["Leftovers"]

_SUPERSEDED: Final = ".superseded"

log = get("recording")


class Leftovers:
    """Of a storage that outlives this machine's disk: another node may have completed what lies on it.

    What was published stays: ``recording_finished`` has named its files and its seal. A folder here with another seal, or
    without one, is set apart, so that nothing is read from it, and deleted once the published files are in the storage.
    """

    def __init__(
        self,
        ledger: RecordingLedger,
        uploads: Uploads,
        directory: Path,
        counters: Counter[str],
    ) -> None:
        self._ledger = ledger
        self._storage = uploads.storage
        self._uploads = uploads
        self._directory = directory
        self._counters = counters

    async def start(self) -> None:
        """Delete what an interrupted start was restoring, and set apart what was replaced while this server was not there."""
        if self._uploads.store is None:
            return
        for draft in await self._uploads.in_thread(lambda: list(self._directory.glob(f"*{RESTORING}"))):
            await self._uploads.in_thread(functools.partial(shutil.rmtree, draft, ignore_errors=True))
        await self.set_apart()

    async def set_apart(self, going_on: Container[RecordingId] = ()) -> list[Recording]:
        """Rename the folders that something else has replaced; return the ended recordings whose folders are still to be stored."""
        if self._uploads.store is None:
            return []
        folders = await self._uploads.in_thread(lambda: dict(_folders(self._directory, "")))
        ended = await self._ledger.ended({id_ for id_ in folders if id_ not in going_on})
        kept = []
        for recording in ended:
            folder = folders[recording.id]
            own = await self._uploads.in_thread(functools.partial(seal_of, folder))
            if recording.seal and own != recording.seal:
                if await self._uploads.in_thread(functools.partial(_set_apart, folder)):
                    self._counters["recording.superseded"] += 1
                    log.warning("files replaced by those of another node", recording_id=str(recording.id))
            elif own:
                kept.append(recording)
        return kept

    async def delete(self) -> None:
        """Delete what was set apart and the parts of ended recordings, where the published files are stored or deleted."""
        store = self._uploads.store
        if store is None:
            return
        apart = await self._uploads.in_thread(lambda: dict(_folders(self._directory, _SUPERSEDED)))
        parted = await self._uploads.in_thread(store.recordings)
        for recording in await self._ledger.ended({*apart, *parted}):
            if not await self._uploads.in_thread(functools.partial(self._is_settled, recording)):
                continue
            if folder := apart.get(recording.id):
                await self._uploads.in_thread(functools.partial(shutil.rmtree, folder, ignore_errors=True))
            if recording.id in parted:
                await self._uploads.in_thread(functools.partial(store.delete, recording.id))

    def _is_settled(self, recording: Recording) -> bool:
        """Return whether nothing more is needed of a recording than what the storage has; blocks."""
        if recording.tm_delete:
            return True
        if self._storage.path(recording.id, TIMELINE):
            return False  # it is not stored yet
        with suppress(FileNotFoundError), self._storage.open(recording.id, TIMELINE) as file:
            return bool(orjson.loads(file.read())["seal"] == recording.seal)
        return False


def _set_apart(folder: Path) -> bool:
    """Return whether the folder was still there: a recording that is stored meanwhile has none."""
    with suppress(FileNotFoundError):
        folder.rename(folder.with_name(folder.name + _SUPERSEDED))
        return True
    return False


def _folders(directory: Path, suffix: str) -> Iterator[tuple[RecordingId, Path]]:
    """Yield the folders of recordings that have a suffix, by recording."""
    for path in directory.glob(f"*{suffix}"):
        with suppress(ValueError):
            yield RecordingId(UUID(path.name.removesuffix(suffix))), path
