"""mix_class.c: a mix that several members share, and the fork of one of them."""

import ctypes

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixminus.mixer.reference import MixClass as Shared
from mixminus.mixer.reference import mix_classes
from tests.support.bridge import Room
from tests.support.native import library
from tests.support.signals import speech_like

RATES = [8000, 16000, 24000, 32000, 48000]
# More than the structs need; they are opaque here.
CLASS_BYTES, LIMITER_BYTES, LANE_BYTES = 1 << 16, 1 << 12, 1 << 12
PARALLEL_TICKS = 25

Pcm = npt.NDArray[np.int16]


class MixClass:
    """struct mm_mix_class at one bridge rate."""

    def __init__(self, sample_rate_hz: int) -> None:
        self.frame_samples = sample_rate_hz // 50
        self.memory = (ctypes.c_uint8 * CLASS_BYTES)()
        self.tick = 2
        assert (
            library().mm_mix_class_init(self.memory, sample_rate_hz, ctypes.c_size_t(self.frame_samples)) == 0
        )

    def run(self, total: npt.NDArray[np.int32]) -> None:
        library().mm_mix_class_run(self.memory, _pointer(total), ctypes.c_uint64(self.tick))

    def pcm(self, sample_rate_hz: int) -> Pcm:
        function = library().mm_mix_class_pcm
        function.restype = ctypes.POINTER(ctypes.c_int16)
        found = function(self.memory, sample_rate_hz, ctypes.c_uint64(self.tick))
        return np.array(found[: sample_rate_hz // 50], np.int16)

    def fork(self, sample_rate_hz: int) -> "Own":
        own = Own(self.frame_samples, sample_rate_hz)
        library().mm_mix_class_fork(
            self.memory, sample_rate_hz, ctypes.c_uint64(self.tick), own.limiter, own.lane
        )
        return own


class Own:
    """The limiter and the lane of one member."""

    def __init__(self, frame_samples: int, sample_rate_hz: int) -> None:
        self.frame_samples = frame_samples
        self.sample_rate_hz = sample_rate_hz
        self.limiter = (ctypes.c_uint8 * LIMITER_BYTES)()
        self.lane = (ctypes.c_uint8 * LANE_BYTES)()

    def pcm(self, total: npt.NDArray[np.int32]) -> Pcm:
        limited = np.empty(self.frame_samples, np.int16)
        heard = np.empty(self.sample_rate_hz // 50, np.int16)
        library().mm_limiter_run(
            self.limiter, _pointer(total), _pointer(limited), ctypes.c_size_t(len(limited))
        )
        library().mm_lane_run(self.lane, _pointer(limited), ctypes.c_size_t(len(limited)), _pointer(heard))
        return heard


def _pointer(array: npt.NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _totals(sample_rate_hz: int, ticks: int) -> npt.NDArray[np.int32]:
    """Loud enough that the limiter works now and then."""
    speech = speech_like(sample_rate_hz, sample_rate_hz // 50 * ticks, amplitude=14000)
    return (speech.astype(np.int32) * 3).reshape(ticks, -1)


@pytest.mark.parametrize("hears_hz", RATES)
@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize(
    "others", [True, False], ids=["with others at that rate", "with nobody else at that rate"]
)
def test_a_fork_goes_on_exactly_where_the_class_stood(rate_hz: int, hears_hz: int, others: bool) -> None:
    mix_class, twin = MixClass(rate_hz), MixClass(rate_hz)
    for tick, total in enumerate(_totals(rate_hz, 12)):
        own = mix_class.fork(hears_hz) if tick == 8 else None
        for each in (mix_class, twin):
            each.run(total)
        due = twin.pcm(hears_hz)
        if others:
            assert np.array_equal(mix_class.pcm(hears_hz), due)
        if own:
            assert np.array_equal(own.pcm(total), due)
        mix_class.tick += 1
        twin.tick += 1


@pytest.mark.parametrize("hears_hz", RATES)
def test_a_lane_that_was_not_needed_for_a_while_goes_on_as_if_it_had_been(hears_hz: int) -> None:
    now_and_then, always = MixClass(32000), MixClass(32000)
    for tick, total in enumerate(_totals(32000, 12)):
        for each in (now_and_then, always):
            each.run(total)
        due = always.pcm(hears_hz)
        if tick in (0, 5, 6, 11):
            assert np.array_equal(now_and_then.pcm(hears_hz), due)
        now_and_then.tick += 1
        always.tick += 1


def test_a_lane_runs_once_however_many_ask() -> None:
    mix_class = MixClass(16000)
    mix_class.run(_totals(16000, 1)[0])
    assert np.array_equal(mix_class.pcm(48000), mix_class.pcm(48000))


@settings(max_examples=40, deadline=None)
@given(
    st.sets(st.integers(0, 4), max_size=3),
    st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=4),
    st.sets(st.integers(0, 4), max_size=2),
)
def test_there_is_one_encode_for_each_class(
    talkers: set[int], exceptions: set[tuple[int, int]], deafened: set[int]
) -> None:
    with Room(max_talkers=0) as room:
        people = [room.enter(speaks_hz=8000 if who in talkers else None, hears=8000) for who in range(5)]
        hears = np.full((5, 5, 1), 1 << 16, np.int64)
        for listener, speaker in exceptions:
            if listener != speaker:
                people[listener].set_hears(people[speaker], 100)
                hears[listener, speaker] = 100 << 8
        for who in deafened:
            people[who].set_deafened(True)
        for _ in range(PARALLEL_TICKS + 2):
            room.tick()
        before = room.counters.frames_encoded, room.counters.frames_shared
        room.tick()
        classes = mix_classes(
            np.array([who in talkers for who in range(5)]),
            hears,
            np.array([who in deafened for who in range(5)]),
        )
        shared = {Shared.ALL, Shared.SILENCE} & set(classes)
        encodes = classes.count(Shared.OWN) + len(shared)
        assert room.counters.frames_encoded - before[0] == encodes
        assert room.counters.frames_shared - before[1] == 5 - encodes
