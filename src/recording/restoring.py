"""Make the folder of a recording anew whose disk is gone, from what the storage has of it.

    recordings/<id>.restoring/...  -->  recordings/<id>/...

Until its files are whole the folder has another name: what has a recording's name is the truth of it for every later start.
"""

import os
import shutil
from pathlib import Path
from typing import Final

from mixminus.model.ids import RecordingId
from mixminus.model.recording import Recording
from mixminus.recording.completion import TIMELINE
from mixminus.recording.journal import Journal, read_journal
from mixminus.recording.layout import MAIN
from mixminus.recording.storage import Storage
from mixminus.recording.tracks import JOURNAL, begin_of
from mixminus.recording.wav import repair_wav, shape_of

__all__ = ["RESTORING", "is_in", "restore"]

RESTORING: Final = ".restoring"


def is_in(storage: Storage, recording_id: RecordingId) -> bool:
    """Return whether a storage has anything of a recording; OSError if it does not answer. Blocks."""
    if storage.parts and storage.parts.has(recording_id):
        return True
    try:
        return storage.size(recording_id, TIMELINE) > 0
    except FileNotFoundError:
        return False


def restore(storage: Storage, recording: Recording, directory: Path) -> bool:
    """Return whether the storage had enough of a recording for a folder; OSError if it or the disk fails. Blocks.

    A timeline in the storage says that all was stored, and only the end was not written: it is all that is fetched.
    """
    draft = directory.with_name(directory.name + RESTORING)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    if not (_is_stored(storage, recording, draft) or _has_parts(storage, recording, draft)):
        shutil.rmtree(draft, ignore_errors=True)
        return False
    for path in draft.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    draft.rename(directory)
    return True


def _is_stored(storage: Storage, recording: Recording, draft: Path) -> bool:
    try:
        with storage.open(recording.id, TIMELINE) as file:
            (draft / TIMELINE).write_bytes(file.read())
    except FileNotFoundError:
        return False
    return True


def _has_parts(storage: Storage, recording: Recording, draft: Path) -> bool:
    """Write what the parts have; return whether that is audio. The journal's first line follows from the recording's row."""
    if storage.parts is None or not storage.parts.restore(recording.id, draft):
        return False
    try:
        shape = shape_of(draft / f"{MAIN}.wav")
    except (ValueError, FileNotFoundError):
        return False
    for wav in draft.glob("*.wav"):
        repair_wav(wav)  # its header is of the time of its first part
    path = draft / JOURNAL
    if not path.exists() or not read_journal(path)[0]:
        path.unlink(missing_ok=True)
        journal = Journal(path)
        journal.append([begin_of(recording, shape.sample_rate_hz)])
        journal.close()
    return True
