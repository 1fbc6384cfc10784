"""overload.c: what a shard sheds, in which order, and when it takes it back."""

import ctypes

import pytest

from tests.native.test_talkers import ADMITTED, DROPPED, KEPT, UNHEARD, Floor
from tests.support.native import library

PTIME_US = 20_000
TICKS = 50  # a window
START_US = 1_000_000_000
CALM_WINDOWS = 5
NOTHING, SUPPRESSION, ENCODING, TALKERS = range(4)


class Overload(ctypes.Structure):
    """struct mm_overload."""

    _fields_ = [
        ("load_permille", ctypes.c_uint32),
        ("shed", ctypes.c_uint32),
        ("ptime_us", ctypes.c_uint32),
        ("ticks", ctypes.c_uint32),
        ("late_ticks", ctypes.c_uint32),
        ("calm_windows", ctypes.c_uint32),
        ("work_us", ctypes.c_int64),
        ("began_us", ctypes.c_int64),
    ]


@pytest.fixture
def overload() -> Overload:
    opened = Overload()
    library().mm_overload_init(ctypes.byref(opened), 20)
    opened.began_us = START_US
    return opened


def window(overload: Overload, load: float, *, late_us: int = 0, late_ticks: int = TICKS) -> int:
    """Run the ticks of a window; return what is shed from then on."""
    began_us = overload.began_us or START_US
    for tick in range(1, TICKS + 1):
        now = ctypes.c_int64(began_us + tick * PTIME_US)
        late = ctypes.c_int64(late_us if tick <= late_ticks else 0)
        library().mm_overload_note(ctypes.byref(overload), now, ctypes.c_int64(int(load * PTIME_US)), late)
    return int(overload.shed)


def test_the_load_of_a_second_is_measured(overload: Overload) -> None:
    window(overload, 0.25)
    assert overload.load_permille == 250
    window(overload, 0.5)
    assert overload.load_permille == 500


def test_nothing_is_shed_below_the_limit(overload: Overload) -> None:
    assert [window(overload, 0.84) for _ in range(10)] == [NOTHING] * 10


def test_quality_is_shed_in_the_stated_order_a_step_a_second(overload: Overload) -> None:
    assert [window(overload, 0.9) for _ in range(5)] == [SUPPRESSION, ENCODING, TALKERS, TALKERS, TALKERS]


def test_a_step_is_taken_back_after_calm_seconds(overload: Overload) -> None:
    for _ in range(3):
        window(overload, 0.9)
    calm = [window(overload, 0.3) for _ in range(3 * CALM_WINDOWS)]
    assert calm == [TALKERS] * 4 + [ENCODING] * 5 + [SUPPRESSION] * 5 + [NOTHING]


def test_between_the_limits_everything_stays(overload: Overload) -> None:
    window(overload, 0.9)
    assert [window(overload, 0.7) for _ in range(10)] == [SUPPRESSION] * 10


def test_late_ticks_count_only_if_all_are_late(overload: Overload) -> None:
    """A pause of the machine is caught up with; a whole second behind is not."""
    assert window(overload, 0.1, late_us=400_000, late_ticks=TICKS - 1) == NOTHING
    assert window(overload, 0.1, late_us=PTIME_US) == NOTHING
    assert window(overload, 0.1, late_us=PTIME_US + 1) == SUPPRESSION


def test_a_thread_that_waits_for_a_core_measures_the_work_of_its_ticks(overload: Overload) -> None:
    """Ten ticks in a second, each of which worked for 18 ms: it could not keep up with a core of its own."""
    for tick in range(1, 11):
        now = ctypes.c_int64(START_US + tick * 100_000)
        library().mm_overload_note(ctypes.byref(overload), now, ctypes.c_int64(18_000), ctypes.c_int64(0))
    assert (overload.load_permille, overload.shed) == (900, SUPPRESSION)


def test_talkers_beyond_fewer_places_are_faded_out() -> None:
    """The loudest of those who talk keep their places."""
    room = Floor(5, max_talkers=5)
    levels = (30, 20, 40, 10, 50)
    assert room.tick(*levels) == [ADMITTED] * 5
    for _ in range(50):
        assert room.tick(*levels) == [KEPT] * 5
    room.talkers[0] = 3
    assert room.tick(*levels) == [KEPT, KEPT, DROPPED, KEPT, DROPPED]
    assert room.tick(*levels) == [KEPT, KEPT, UNHEARD, KEPT, UNHEARD]
