"""Which node takes an arrival: never one without place, one that has the room already, else the better of two."""

import random
from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.cluster.placement import Candidate, Limits, choose, has_place, is_older

LIMITS = Limits(seats=10, load=0.8)
nodes = st.lists(
    st.builds(
        Candidate,
        id=st.uuids(),
        load=st.floats(0, 1),
        seats=st.integers(0, 12),
        serves=st.booleans(),
        older=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda node: node.id,
)


def serving(number: int, load: float, seats: int = 0) -> Candidate:
    return Candidate(UUID(int=number), load, seats)


@given(nodes, st.randoms())
def test_a_node_without_place_takes_nothing_and_one_with_place_is_found(
    candidates: list[Candidate], chance: random.Random
) -> None:
    able = {node.id: node for node in candidates if has_place(node, LIMITS)}
    chosen = choose(candidates, LIMITS, chance)
    assert (chosen in able) if able else (chosen is None)
    for node in able.values():
        assert node.serves
        assert not node.older
        assert node.load < LIMITS.load
        assert node.seats < LIMITS.seats


@given(nodes, st.randoms())
def test_a_node_that_has_the_room_comes_first_the_emptiest_of_them(
    candidates: list[Candidate], chance: random.Random
) -> None:
    carrying = {node.id: node for node in candidates if has_place(node, LIMITS) and node.seats}
    chosen = choose(candidates, LIMITS, chance)
    if carrying:
        assert chosen in carrying
        assert carrying[chosen].seats == min(node.seats for node in carrying.values())


@given(st.lists(st.floats(0, 0.79), min_size=3, max_size=8, unique=True), st.randoms())
def test_of_nodes_without_the_room_the_busiest_is_never_taken(
    loads: list[float], chance: random.Random
) -> None:
    candidates = [serving(*each) for each in enumerate(loads)]
    chosen = choose(candidates, LIMITS, chance)
    assert chosen != max(candidates, key=lambda node: node.load).id


def test_arrivals_at_one_moment_are_spread() -> None:
    chance = random.Random(47)
    candidates = [serving(number, 0.1 * number) for number in range(5)]
    taken = Counter(choose(candidates, LIMITS, chance) for _ in range(1000))
    assert len(taken) == 4, "all but the busiest"
    assert max(taken.values()) < 500, "the idlest does not get all"


@pytest.mark.parametrize(
    ("version", "than", "older"),
    [
        ("1.2.3", "1.2.4", True),
        ("1.9", "1.10", True),
        ("1.2.4", "1.2.3", False),
        ("1.2", "1.2", False),
        ("1.2rc1", "1.3", True),
        ("", "1.3", False),
        ("1.3", "", False),
        ("unknown", "1.0", False),
    ],
)
def test_versions_are_compared_by_their_numbers(version: str, than: str, older: bool) -> None:
    assert is_older(version, than) is older
