"""tap.c: the mix and its stems, on one clock."""

import ctypes
import errno
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.bridge import MIX, Participant, Playout, Room, Tap
from tests.support.native import library
from tests.support.signals import rms, tone

RATE_HZ = 16000
FRAME = 320
FIRST_PLAYOUT = 0xFFFFFF00

Pcm = npt.NDArray[np.int16]
RATES = st.sampled_from([8000, 16000, 24000, 32000, 48000])


class Tapped:
    """A room with a tap, and the timeline that its records make up."""

    def __init__(self, room: Room, *, sample_rate_hz: int = RATE_HZ, stems: bool = True) -> None:
        self.room = room
        self.tap = Tap(sample_rate_hz, stems=stems)
        self.room.tap(self.tap)
        self.tracks: dict[int, list[tuple[int, Pcm]]] = defaultdict(list)

    def tick(self, *, skipped: int = 0) -> None:
        self.room.tick(skipped=skipped)
        for first_sample, port_id, pcm in self.tap.read():
            self.tracks[port_id].append((first_sample, pcm))

    def track(self, port_id: int) -> npt.NDArray[np.int64]:
        """One port's samples where they belong, silence elsewhere."""
        line = np.zeros(self.tap.position, np.int64)
        for first_sample, pcm in self.tracks[port_id]:
            line[first_sample : first_sample + len(pcm)] += pcm
        return line

    @property
    def stems(self) -> list[int]:
        return sorted(port_id for port_id in self.tracks if port_id != MIX)

    def close(self) -> None:
        self.room.untap(self.tap)
        self.tap.close()


@pytest.fixture
def tapped() -> Iterator[Tapped]:
    with Room(max_talkers=8) as room:
        opened = Tapped(room)
        yield opened
        opened.close()


def _chatter(participant: Participant, chance: np.random.Generator, amplitude: int) -> None:
    assert participant.voice
    nsamples = participant.voice.sample_rate_hz // 50
    participant.say(chance.integers(-amplitude, amplitude + 1, nsamples).astype(np.int16))


def test_silence_is_recorded_on_the_clock(tapped: Tapped) -> None:
    for _ in range(5):
        tapped.tick()
    assert [first for first, _ in tapped.tracks[MIX]] == [0, FRAME, 2 * FRAME, 3 * FRAME, 4 * FRAME]
    assert not tapped.track(MIX).any()
    assert tapped.stems == []


def test_the_clock_runs_over_skipped_ticks(tapped: Tapped) -> None:
    tapped.tick()
    tapped.tick(skipped=7)
    assert [first for first, _ in tapped.tracks[MIX]] == [0, 8 * FRAME]
    assert tapped.tap.position == 9 * FRAME


def test_a_full_ring_drops_records_and_shows_the_gap(tapped: Tapped) -> None:
    for _ in range(150):
        tapped.room.tick()
    taken = len(tapped.tap.read())
    tapped.tick()
    # Ring of two seconds for five streams; the mix alone fills it in ten.
    assert taken == 150
    for _ in range(600):
        tapped.room.tick()
    assert len(tapped.tap.read()) == 500
    assert tapped.tap.overruns == tapped.room.counters.tap_overrun == 100
    assert tapped.tap.position == 751 * FRAME


def test_a_record_that_does_not_fit_stays(tapped: Tapped) -> None:
    tapped.room.tick()
    record, pcm = (np.zeros(16, np.uint8), np.zeros(960, np.int16))
    read = library().mm_tap_read
    arguments = (
        tapped.tap.handle,
        record.ctypes.data_as(ctypes.c_void_p),
        pcm.ctypes.data_as(ctypes.c_void_p),
    )
    assert read(*arguments, ctypes.c_size_t(FRAME - 1)) == -errno.ENOSPC
    assert read(*arguments, ctypes.c_size_t(FRAME)) == FRAME
    assert read(*arguments, ctypes.c_size_t(FRAME)) == 0


def test_only_who_is_heard_has_a_stem(tapped: Tapped) -> None:
    loud, quiet, muted = (tapped.room.enter(speaks_hz=RATE_HZ) for _ in range(3))
    muted.set_muted(True)
    for _ in range(5):
        loud.say(tone(300, RATE_HZ, FRAME))
        muted.say(tone(500, RATE_HZ, FRAME))
        quiet.say(tone(700, RATE_HZ, FRAME, amplitude=10))
        tapped.tick()
    assert tapped.stems == [loud.port_id]


def test_a_playout_to_the_room_is_a_stem_and_a_private_one_is_not(tapped: Tapped) -> None:
    listener = tapped.room.enter(speaks_hz=None)
    prompt, whisper = Playout(RATE_HZ), Playout(RATE_HZ)
    tapped.room.play(whisper, only=listener)
    tapped.room.play(prompt)
    for playout in (prompt, whisper):
        playout.write(tone(300, RATE_HZ, 3 * FRAME))
    for _ in range(4):
        tapped.tick()
    assert tapped.stems == [FIRST_PLAYOUT + 1]
    for playout in (prompt, whisper):
        tapped.room.stop(playout)
        playout.close()


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_stems_add_up_to_the_mix_to_the_sample(data: st.DataObject) -> None:
    talkers = data.draw(st.sampled_from([0, 2, 8]))
    with Room(max_talkers=talkers) as room:
        tapped = Tapped(room, sample_rate_hz=data.draw(RATES))
        chance = np.random.default_rng(data.draw(st.integers(0, 2**32)))
        people = [room.invite(speaks_hz=data.draw(RATES), hears=8000) for _ in range(4)]
        present: set[int] = set()
        for _ in range(data.draw(st.integers(5, 15))):
            for who in data.draw(st.sets(st.integers(0, 3), max_size=2)):
                if who in present:
                    people[who].leave()
                    present.remove(who)
                else:
                    room.join(people[who])
                    people[who].set_gain(data.draw(st.sampled_from([100, 256, 400])))
                    present.add(who)
            for who in present:
                if data.draw(st.booleans()):
                    _chatter(people[who], chance, 2000)
            tapped.tick()
        for _ in range(3):
            tapped.tick()
        stems = sum((tapped.track(port) for port in tapped.stems), np.zeros(tapped.tap.position, np.int64))
        assert np.array_equal(stems, tapped.track(MIX))
        tapped.close()


def test_more_talkers_than_stems_are_all_in_the_mix() -> None:
    with Room(max_talkers=0) as room:
        tapped = Tapped(room, sample_rate_hz=8000)
        people = [room.enter() for _ in range(50)]
        chance = np.random.default_rng(1)
        due = np.zeros((3, 160), np.int64)
        for tick in range(3):
            for person in people:
                said = chance.integers(-500, 500, 160).astype(np.int16)
                person.say(said)
                due[tick] += said
            tapped.tick()
        assert np.array_equal(tapped.track(MIX)[16:], due.ravel()[:-16])
        assert len(tapped.stems) == 40
        tapped.close()


def test_a_hot_mix_is_limited_and_its_stems_are_whole(tapped: Tapped) -> None:
    people = [tapped.room.enter(speaks_hz=RATE_HZ) for _ in range(2)]
    for _ in range(20):
        for person in people:
            person.say(tone(400, RATE_HZ, FRAME, amplitude=30000))
        tapped.tick()
    assert np.abs(tapped.track(MIX)).max() <= 32767
    for person in people:
        assert rms(tapped.track(person.port_id)[FRAME:]) == pytest.approx(30000 / np.sqrt(2), rel=0.01)
