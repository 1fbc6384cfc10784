"""A list of actions and the position in it."""

from uuid import UUID, uuid4

import pytest

from mixminus.flow.stack import FINISH, NEXT, START, Finished, Frame
from mixminus.model.ids import NIL

IDS = [uuid4() for _ in range(3)]


def frame() -> Frame:
    return Frame([{"id": str(id_), "place": place} for place, id_ in enumerate(IDS)])


def place(frame: Frame) -> int | None:
    return frame.current["place"] if frame.current else None


@pytest.mark.parametrize(
    ("target", "expected"), [(NIL, 1), (NEXT, 1), (START, 0), (IDS[2], 2), (IDS[0], 0), (IDS[1], 1)]
)
def test_move_follows_the_target(target: UUID, expected: int) -> None:
    moving = frame()
    assert moving.move(target)
    assert place(moving) == expected


def test_there_is_no_current_action_after_the_last() -> None:
    moving = frame()
    moving.move(IDS[2])
    assert moving.move(NIL)
    assert moving.current is None


def test_an_action_of_another_list_is_not_found() -> None:
    moving = frame()
    assert not moving.move(uuid4())
    assert place(moving) == 0


def test_the_finish_id_ends_the_flow() -> None:
    with pytest.raises(Finished):
        frame().move(FINISH)


def test_of_two_actions_with_one_id_the_first_is_used() -> None:
    twice = Frame([{"id": str(IDS[0]), "place": 0}, {"id": str(IDS[0]), "place": 1}])
    twice.move(NIL)
    twice.move(IDS[0])
    assert place(twice) == 0
