"""The menu of a room: actions of keys, and how presses are matched to them. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from mixminus.errors import InvalidArgument

__all__ = ["MAX_ENTRIES", "USUAL_MENU", "MenuAction", "Presses", "check_menu"]

MenuAction = Literal["mute", "louder", "softer", "lock", "count", "leave"]
"""The actions: mute and unmute itself, be heard louder or softer, lock and unlock the room
(moderators), hear how many are there, leave."""

USUAL_MENU: Final[Mapping[str, MenuAction]] = {
    "*6": "mute",
    "*7": "louder",
    "*4": "softer",
    "*5": "lock",
    "*9": "count",
    "*0": "leave",
}
MAX_ENTRIES: Final = 16
PATIENCE_S: Final = 5.0
"""Longest time between two keys of one entry."""
_KEYS: Final = re.compile(r"[0-9*#A-D]{1,4}\Z")


def check_menu(menu: Mapping[str, MenuAction]) -> None:
    """Raise InvalidArgument for an ambiguous menu."""
    if len(menu) > MAX_ENTRIES:
        raise InvalidArgument(f"a menu has at most {MAX_ENTRIES} entries")
    for keys in menu:
        if not _KEYS.match(keys):
            raise InvalidArgument("an entry of dtmf_menu is 1 to 4 of 0-9, *, # and A-D")
        if any(other != keys and other.startswith(keys) for other in menu):
            raise InvalidArgument(f"another entry of dtmf_menu begins with {keys}")


@dataclass(slots=True)
class Presses:
    """The keys that one participant presses: keeps those that may become an entry, returns the others."""

    _kept: str = field(default="", init=False)
    _at_s: float = field(default=0.0, init=False)

    def press(self, key: str, menu: Mapping[str, MenuAction], now_s: float) -> tuple[MenuAction | None, str]:
        """Return the action that the key completes, if any, and the keys that are not of the menu."""
        released = ""
        if now_s - self._at_s > PATIENCE_S:
            released, self._kept = self._kept, ""
        self._at_s = now_s
        self._kept += key
        while self._kept and not any(keys.startswith(self._kept) for keys in menu):
            released, self._kept = released + self._kept[0], self._kept[1:]
        action = menu.get(self._kept)
        if action is not None:
            self._kept = ""
        return action, released

    def let_go(self) -> str:
        """Return the keys that were kept: no entry can complete them."""
        kept, self._kept = self._kept, ""
        return kept
