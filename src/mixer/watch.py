"""What happens to ports, for those who keep a record of it: a room's recorder, a call's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["PortChange", "Watchers"]


@dataclass(frozen=True, slots=True)
class PortChange:
    """One port has joined or left a bridge, or was muted or unmuted."""

    port_id: int
    kind: Literal["joined", "left", "muted", "unmuted"]


class Watchers:
    """Calls everybody who watches, in order, at once; they must not block."""

    def __init__(self) -> None:
        self._told: list[Callable[[PortChange], None]] = []

    def add(self, told: Callable[[PortChange], None]) -> Callable[[], None]:
        """Return what ends the watch; ending it twice is harmless."""
        self._told.append(told)

        def end() -> None:
            if told in self._told:
                self._told.remove(told)

        return end

    def tell(self, change: PortChange) -> None:
        for told in tuple(self._told):
            told(change)
