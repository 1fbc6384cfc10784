"""The keys of a room's menu are separated from all other keys."""

import pytest

from mixminus.errors import InvalidArgument
from mixminus.model.menu import USUAL_MENU, MenuAction, Presses, check_menu


def pressed(keys: str, *, pauses_s: float = 0.1) -> tuple[list[MenuAction], str]:
    """Return the actions that these keys trigger in the usual menu, and the keys that it passes on."""
    presses = Presses()
    done: list[MenuAction] = []
    through = ""
    for number, key in enumerate(keys):
        action, released = presses.press(key, USUAL_MENU, number * pauses_s)
        through += released
        if action:
            done.append(action)
    return done, through + presses.release()


@pytest.mark.parametrize(
    ("keys", "done", "through"),
    [
        pytest.param("*6", ["mute"], "", id="an entry"),
        pytest.param("*6*6*0", ["mute", "mute", "leave"], "", id="one after another"),
        pytest.param("12#", [], "12#", id="none"),
        pytest.param("1*62", ["mute"], "12", id="between other keys"),
        pytest.param("*1", [], "*1", id="begun and not completed"),
        pytest.param("**6", ["mute"], "*", id="begun twice"),
        pytest.param("*", [], "*", id="begun only"),
    ],
)
def test_keys_trigger_actions_or_are_passed_on(keys: str, done: list[MenuAction], through: str) -> None:
    assert pressed(keys) == (done, through)


def test_entry_with_a_long_pause_is_passed_on() -> None:
    assert pressed("*6", pauses_s=6.0) == ([], "*6")


def test_empty_menu_passes_on_all_keys() -> None:
    assert [Presses().press(key, {}, 0.0) for key in "*6"] == [(None, "*"), (None, "6")]


def test_usual_menu_is_valid() -> None:
    check_menu(USUAL_MENU)


@pytest.mark.parametrize(
    "menu",
    [{"": "mute"}, {"12345": "mute"}, {"x": "mute"}, {"*": "mute", "*6": "leave"}],
)
def test_invalid_or_ambiguous_menu_is_refused(menu: dict[str, MenuAction]) -> None:
    with pytest.raises(InvalidArgument):
        check_menu(menu)
