"""Parts of a running recording: whatever the storage does, they are the beginning of its files, and at last all of them."""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixminus.model.ids import NIL, CustomerId, RecordingId
from mixminus.model.recording import Recording, RecordingStatus
from mixminus.recording.completion import complete
from mixminus.recording.part_upload import PartUpload
from mixminus.recording.parts import PartStore
from mixminus.recording.restoring import restore
from mixminus.recording.storage import RemoteStorage
from mixminus.recording.tracks import JOURNAL, TrackSet, begin_of
from mixminus.recording.verify import verify
from mixminus.recording.wav import shape_of
from tests.support.faulty_files import FaultyFiles, Outcome

RATE: Final = 800
"""So low that some steps make segments, of ten seconds each."""
PART_BYTES: Final = 3000
"""So that some samples are parts enough, and no part ends where samples do: one has an odd number of bytes of a header."""
RECORDING: Final = Recording(
    id=RecordingId(UUID(int=7)),
    customer_id=CustomerId(UUID(int=8)),
    reference_type="confbridge",
    reference_id=UUID(int=9),
    status=RecordingStatus.STOPPING,
    format="wav",
    on_end_flow_id=NIL,
    tm_create=datetime(2030, 1, 1, tzinfo=UTC),
    stems=True,
)
STEMS: Final = ("port-1", "port-2", "playout-0")
Write = tuple[int, frozenset[str]]
WRITES: Final = st.tuples(st.integers(1, 5000), st.frozensets(st.sampled_from(STEMS)))
COPIES: Final = st.lists(st.sampled_from(Outcome), max_size=8)
STEPS: Final = st.lists(WRITES | COPIES, max_size=12)


class Running:
    """A recording that is written and copied by turns."""

    def __init__(self, root: Path) -> None:
        self.files = FaultyFiles()
        self.directory = root / "running" / str(RECORDING.id)
        self.tracks = TrackSet(self.directory, begin=begin_of(RECORDING, RATE), limit_samples=3600 * RATE)
        self.store = PartStore(self.files, "/bucket", has_folders=False)
        self.counters: Counter[str] = Counter()
        self.upload = PartUpload(
            self.store,
            RECORDING.id,
            self.directory,
            lambda: self.tracks.samples,
            self.counters,
            part_bytes=PART_BYTES,
        )
        self._root = root
        self._chance = np.random.default_rng(5)

    def write(self, samples: int, stems: frozenset[str]) -> None:
        """Write noise to the recording and to some stems, silence to the others, and an event."""
        names = ["mix", *sorted(stems)]
        noise = {name: self._chance.integers(-999, 999, samples).astype(np.int16) for name in names}
        self.tracks.write(noise, samples, [{"type": "event", "at": self.tracks.samples}])

    def copy(self, outcomes: list[Outcome]) -> None:
        self.files.expect(outcomes)
        with suppress(OSError):
            self.upload.copy()
        self.files.expect(())

    def close(self) -> None:
        self.tracks.close()

    def restored(self) -> Path | None:
        """Return a folder of what the storage has; None if that is not enough for one."""
        folder = self._root / "restored" / str(RECORDING.id)
        shutil.rmtree(folder, ignore_errors=True)
        storage = RemoteStorage("memory://", self._root / "restored")
        storage.parts = self.store
        return folder if restore(storage, RECORDING, folder) else None


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with closing(Running(tmp_path)) as begun:
        yield begun


def audio(folder: Path) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes()[shape_of(path).header_bytes :] for path in folder.glob("*.wav")}


def check_is_beginning(running: Running) -> None:
    """Assert that what the storage has is the beginning of each file, and completes to an intact recording."""
    folder = running.restored()
    if folder is None:
        return
    whole, found = audio(running.directory), audio(folder)
    assert {name for name in found if not whole[name].startswith(found[name])} == set()
    assert (running.directory / JOURNAL).read_bytes().startswith((folder / JOURNAL).read_bytes())
    assert len(found["mix.wav"]) >= 2 * running.upload.samples
    completed = complete(folder, lambda _: True)
    assert verify(folder, completed.seal) == []
    assert 2 * completed.samples == len(found["mix.wav"])
    # A stem that has begun is as long as the recording, and nothing of it is missing.
    for name, each in audio(folder).items():
        assert each == whole[name][: len(each)]


@settings(max_examples=80, deadline=None)
@given(steps=STEPS)
def test_parts_are_the_beginning_of_the_files_and_at_last_all_of_them(
    steps: list[Write | list[Outcome]],
) -> None:
    with TemporaryDirectory() as root, closing(Running(Path(root))) as running:
        for step in steps:
            if isinstance(step, tuple):
                running.write(*step)
            else:
                running.copy(step)
                check_is_beginning(running)
        running.write(1, frozenset())
        running.tracks.end()
        running.copy([])
        folder = running.restored()
        assert folder is not None
        assert (folder / JOURNAL).read_bytes() == (running.directory / JOURNAL).read_bytes()
        assert audio(folder) == audio(running.directory)
        seals = {complete(each, lambda _: True).seal for each in (folder, running.directory)}
        assert len(seals) == 1
        assert running.upload.samples == running.tracks.samples


def test_a_part_that_was_not_stored_is_tried_again_as_it_was(running: Running) -> None:
    running.write(100, frozenset())
    running.copy([Outcome.UNHEARD])
    before = {path: running.files.cat_file(path) for path in running.files.find("/bucket")}
    running.write(4000, frozenset())
    running.copy([])
    assert before.keys() <= set(running.files.find("/bucket"))
    first = next(iter(before))
    assert len(running.files.cat_file(first)) == pytest.approx(len(before[first]), abs=8), (
        "but for the header's sizes"
    )
    check_is_beginning(running)


def test_a_stem_whose_first_part_was_cut_off_is_left_out(running: Running) -> None:
    running.write(100, frozenset())
    running.copy([])
    running.write(100, frozenset({"port-1"}))
    running.copy([Outcome.CUT])
    check_is_beginning(running)
    restored = running.restored()
    assert restored is not None
    assert sorted(path.name for path in restored.iterdir()) == [JOURNAL, "mix.wav"]


def test_silence_costs_little(running: Running) -> None:
    running.tracks.write({}, 60 * RATE, ())
    running.copy([])
    assert running.upload.samples == 60 * RATE
    stored = sum(running.files.size(path) for path in running.files.find("/bucket"))
    assert stored < 60 * RATE * 2 / 30


def test_nothing_is_stored_once_it_is_stopped(running: Running) -> None:
    running.write(100, frozenset())
    running.upload.stop()
    running.copy([])
    assert running.files.find("/bucket") == []
    assert running.restored() is None


def test_files_of_other_names_in_the_storage_are_left_alone(running: Running) -> None:
    running.write(100, frozenset())
    running.copy([])
    folder = f"/bucket/parts/{RECORDING.id}"
    for name in ("../../outside.wav/000000000000000", "timeline.json/000000000000000", "mix.wav/later"):
        running.files.pipe_file(f"{folder}/{name}", b"foreign")
    check_is_beginning(running)
    restored = running.restored()
    assert restored is not None
    assert sorted(path.name for path in restored.iterdir()) == [JOURNAL, "mix.wav"]
    running.store.delete(RECORDING.id)
    assert running.store.recordings() == set()
