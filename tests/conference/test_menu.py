"""The keys of a room's menu, told from keys that mean nothing to it."""

import pytest

from mixminus.errors import InvalidArgument
from mixminus.model.menu import USUAL_MENU, MenuAction, Presses, check_menu


def pressed(keys: str, *, pauses_s: float = 0.1) -> tuple[list[MenuAction], str]:
    """Return what the usual menu does by these keys, and what it lets through."""
    presses = Presses()
    done: list[MenuAction] = []
    through = ""
    for number, key in enumerate(keys):
        action, released = presses.press(key, USUAL_MENU, number * pauses_s)
        through += released
        if action:
            done.append(action)
    return done, through + presses.let_go()


@pytest.mark.parametrize(
    ("keys", "done", "through"),
    [
        pytest.param("*6", ["mute"], "", id="an entry"),
        pytest.param("*6*6*0", ["mute", "mute", "leave"], "", id="one after another"),
        pytest.param("12#", [], "12#", id="none"),
        pytest.param("1*62", ["mute"], "12", id="in the midst"),
        pytest.param("*1", [], "*1", id="begun and not gone on with"),
        pytest.param("**6", ["mute"], "*", id="begun twice"),
        pytest.param("*", [], "*", id="begun only"),
    ],
)
def test_keys_are_of_the_menu_or_go_through(keys: str, done: list[MenuAction], through: str) -> None:
    assert pressed(keys) == (done, through)


def test_an_entry_is_pressed_without_a_long_pause() -> None:
    assert pressed("*6", pauses_s=6.0) == ([], "*6")


def test_without_a_menu_all_goes_through() -> None:
    assert [Presses().press(key, {}, 0.0) for key in "*6"] == [(None, "*"), (None, "6")]


def test_the_usual_menu_is_a_menu() -> None:
    check_menu(USUAL_MENU)


@pytest.mark.parametrize(
    "menu",
    [{"": "mute"}, {"12345": "mute"}, {"x": "mute"}, {"*": "mute", "*6": "leave"}],
)
def test_a_menu_that_cannot_be_told_is_refused(menu: dict[str, MenuAction]) -> None:
    with pytest.raises(InvalidArgument):
        check_menu(menu)
