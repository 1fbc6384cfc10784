"""The stack of a flow: lists of actions within lists of actions, and where each of them is. Pure.

An action is named by its id, and looked for in the list that is being done, then in those around
it: who goes to an action of an outer list leaves the inner ones. Some ids mean places (api.md 1.2).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from mixminus.model.ids import NIL

__all__ = ["FINISH", "NEXT", "START", "Finished", "Frame", "Jump"]

START: Final = UUID(int=1)
FINISH: Final = UUID(int=2)
NEXT: Final = UUID(int=3)


class Jump(Exception):
    """Go on at another action than the next one."""

    def __init__(self, target: UUID) -> None:
        super().__init__()
        self.target = target


class Finished(Exception):
    """The whole flow is over, whatever is left of it."""


class Frame:
    """One list of actions, each with an id, and how far it has come."""

    def __init__(self, actions: Sequence[Mapping[str, Any]]) -> None:
        self._actions = actions
        self._ids = {UUID(action["id"]): place for place, action in reversed([*enumerate(actions)])}
        self._place = 0
        self.passes: dict[UUID, int] = {}
        """How often each goto of the list may still jump."""

    @property
    def current(self) -> Mapping[str, Any] | None:
        """The action to be done; None behind the last one."""
        return self._actions[self._place] if self._place < len(self._actions) else None

    def move(self, target: UUID) -> bool:
        """Go on at an action, the next one if none is named; False if it is not in this list."""
        if target == FINISH:
            raise Finished
        if target in (NIL, NEXT):
            self._place += 1
        elif target == START:
            self._place = 0
        elif target in self._ids:
            self._place = self._ids[target]
        else:
            return False
        return True
