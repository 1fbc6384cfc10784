"""talkers.c: the selection of talkers."""

import ctypes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.native import library

UNHEARD, ADMITTED, KEPT, DROPPED = range(4)
GATE_DBOV = 60
HANGOVER_TICKS = 30
SILENCE = 127


class Candidate(ctypes.Structure):
    """struct mm_candidate."""

    _fields_ = [
        ("loudness_q8", ctypes.c_uint16),
        ("hangover_ticks", ctypes.c_uint16),
        ("level_dbov", ctypes.c_uint8),
        ("eligible", ctypes.c_bool),
        ("choice", ctypes.c_uint8),
        ("apart", ctypes.c_bool),
    ]


class Floor:
    """Candidates, and the selection among them."""

    def __init__(self, candidates: int, *, max_talkers: int) -> None:
        self.talkers = (ctypes.c_uint32 * 2)()
        assert library().mm_talkers_init(self.talkers, max_talkers, 20) == 0
        self.candidates = (Candidate * candidates)()
        for candidate in self.candidates:
            candidate.eligible = True

    def tick(self, *levels_dbov: int) -> list[int]:
        """Return the choices for these levels."""
        for candidate, level in zip(self.candidates, levels_dbov, strict=True):
            candidate.level_dbov = level
        library().mm_talkers_choose(self.talkers, self.candidates, ctypes.c_size_t(len(self.candidates)))
        return [candidate.choice for candidate in self.candidates]

    @property
    def heard(self) -> set[int]:
        return {i for i, candidate in enumerate(self.candidates) if candidate.choice in (ADMITTED, KEPT)}


def test_a_free_place_is_taken_in_the_first_loud_frame() -> None:
    floor = Floor(2, max_talkers=1)
    assert floor.tick(SILENCE, SILENCE) == [UNHEARD, UNHEARD]
    assert floor.tick(SILENCE, GATE_DBOV) == [UNHEARD, ADMITTED]
    assert floor.tick(SILENCE, GATE_DBOV) == [UNHEARD, KEPT]


def test_a_frame_under_the_gate_takes_no_place() -> None:
    assert Floor(1, max_talkers=1).tick(GATE_DBOV + 1) == [UNHEARD]


def test_a_talker_keeps_its_place_through_a_pause_and_fades_out_after_it() -> None:
    floor = Floor(1, max_talkers=1)
    floor.tick(30)
    assert [floor.tick(SILENCE) for _ in range(HANGOVER_TICKS)] == [[KEPT]] * HANGOVER_TICKS
    assert floor.tick(SILENCE) == [DROPPED]
    assert floor.tick(SILENCE) == [UNHEARD]


@pytest.mark.parametrize(
    ("challenger_dbov", "displaces"),
    [
        pytest.param(30, False, id="as loud"),
        pytest.param(25, False, id="a little louder"),
        pytest.param(20, True, id="clearly louder"),
    ],
)
def test_a_taken_place_changes_hands_only_to_one_clearly_louder(
    challenger_dbov: int, displaces: bool
) -> None:
    floor = Floor(2, max_talkers=1)
    for _ in range(20):
        floor.tick(30, SILENCE)
    choices = [floor.tick(30, challenger_dbov) for _ in range(20)]
    assert ([DROPPED, ADMITTED] in choices) == displaces
    assert choices[-1] == ([UNHEARD, KEPT] if displaces else [KEPT, UNHEARD])


def test_two_equally_loud_people_do_not_take_turns() -> None:
    floor = Floor(2, max_talkers=1)
    chance = np.random.default_rng(1)
    floor.tick(30, 30)
    holder = floor.heard
    for _ in range(200):
        floor.tick(*chance.integers(28, 33, 2).tolist())
        assert floor.heard == holder


def test_the_weakest_of_the_talkers_is_displaced_by_the_loudest_of_the_others() -> None:
    floor = Floor(4, max_talkers=2)
    for _ in range(20):
        floor.tick(20, 50, SILENCE, SILENCE)
    for _ in range(20):
        floor.tick(20, 50, 30, 35)
    assert floor.heard == {0, 2}


def test_a_muted_talker_is_dropped_at_once() -> None:
    floor = Floor(1, max_talkers=1)
    floor.tick(30)
    floor.candidates[0].eligible = False
    assert floor.tick(30) == [DROPPED]
    assert floor.tick(30) == [UNHEARD]


def test_without_a_limit_everybody_is_heard_however_quiet() -> None:
    floor = Floor(40, max_talkers=0)
    assert floor.tick(*[SILENCE] * 40) == [ADMITTED] * 40
    assert floor.tick(*[SILENCE] * 40) == [KEPT] * 40


LEVELS = st.lists(st.integers(0, 127), min_size=6, max_size=6)


@given(st.lists(LEVELS, max_size=80), st.integers(1, 16))
def test_there_are_never_more_talkers_than_places(ticks: list[list[int]], max_talkers: int) -> None:
    floor = Floor(6, max_talkers=max_talkers)
    for levels in ticks:
        before = floor.heard
        choices = floor.tick(*levels)
        assert len(floor.heard) <= max_talkers
        assert {i for i, choice in enumerate(choices) if choice == DROPPED} == before - floor.heard
        assert {i for i, choice in enumerate(choices) if choice == ADMITTED} == floor.heard - before
        loud = {i for i, level in enumerate(levels) if level <= GATE_DBOV}
        # No place stays free while a loud member is not heard.
        assert loud <= floor.heard or len(floor.heard) == max_talkers


@pytest.mark.parametrize("max_talkers", [0, 1])
def test_a_member_apart_is_heard_beside_those_elected_and_is_never_faded(max_talkers: int) -> None:
    floor = Floor(3, max_talkers=max_talkers)
    floor.candidates[0].apart = floor.candidates[1].apart = True
    assert floor.tick(20, SILENCE, 50) == [KEPT, KEPT, ADMITTED]
    floor.candidates[0].eligible = False
    assert floor.tick(20, SILENCE, 50) == [UNHEARD, KEPT, KEPT]
