"""Frame: one list of actions with its position; nested lists form the stack of a flow (api.md section 6.4).

The target of a jump is looked up in the innermost list, then in the lists around it; a jump to an
action of an outer list leaves the inner ones. Some ids have a fixed meaning (api.md section 1.2).
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
    """Continue with another action than the next one."""

    def __init__(self, target: UUID) -> None:
        super().__init__()
        self.target = target


class Finished(Exception):
    """End the whole flow."""


class Frame:
    """A list of actions, each with an id, and the current position in it."""

    def __init__(self, actions: Sequence[Mapping[str, Any]]) -> None:
        self._actions = actions
        self._ids = {UUID(action["id"]): position for position, action in reversed([*enumerate(actions)])}
        self._position = 0
        self.passes: dict[UUID, int] = {}
        """Remaining jumps of each goto of the list."""

    @property
    def current(self) -> Mapping[str, Any] | None:
        """The action to execute; None after the last one."""
        return self._actions[self._position] if self._position < len(self._actions) else None

    def move(self, target: UUID) -> bool:
        """Move to an action, to the next one for nil; return False if it is not in this list."""
        if target == FINISH:
            raise Finished
        if target in (NIL, NEXT):
            self._position += 1
        elif target == START:
            self._position = 0
        elif target in self._ids:
            self._position = self._ids[target]
        else:
            return False
        return True
