"""The menu of a room: which DTMF keys trigger which action, and how keys are matched against it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from mixminus.errors import InvalidArgument

__all__ = ["MAX_ENTRIES", "USUAL_MENU", "MenuAction", "Presses", "check_menu"]

MenuAction = Literal["mute", "louder", "softer", "lock", "count", "hand", "leave"]
"""What keys do: mute or unmute the participant, raise or lower its gain, lock or unlock the room (moderators
only), play the number of participants, raise or lower a hand, leave the room."""

USUAL_MENU: Final[Mapping[str, MenuAction]] = {
    "*6": "mute",
    "*7": "louder",
    "*4": "softer",
    "*5": "lock",
    "*9": "count",
    "*3": "hand",
    "*0": "leave",
}
MAX_ENTRIES: Final = 16
PATIENCE_S: Final = 5.0
"""Longest pause between two keys of one entry."""
_KEYS: Final = re.compile(r"[0-9*#A-D]{1,4}\Z")


def check_menu(menu: Mapping[str, MenuAction]) -> None:
    """Raise InvalidArgument for a menu with invalid or ambiguous entries."""
    if len(menu) > MAX_ENTRIES:
        raise InvalidArgument(f"dtmf_menu has more than {MAX_ENTRIES} entries")
    for keys in menu:
        if not _KEYS.match(keys):
            raise InvalidArgument("an entry of dtmf_menu must be 1 to 4 of the keys 0-9, *, # and A-D")
        if any(other != keys and other.startswith(keys) for other in menu):
            raise InvalidArgument(f"dtmf_menu is ambiguous: another entry begins with {keys}")


@dataclass(slots=True)
class Presses:
    """Collects the keys of one participant until they complete an entry of the menu, or cannot."""

    _kept: str = field(default="", init=False)
    _at_s: float = field(default=0.0, init=False)

    def press(self, key: str, menu: Mapping[str, MenuAction], now_s: float) -> tuple[MenuAction | None, str]:
        """Return the action that the key completes, if any, and the keys that do not belong to the menu."""
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

    def release(self) -> str:
        """Return the kept keys: no key will follow that completes an entry."""
        kept, self._kept = self._kept, ""
        return kept
