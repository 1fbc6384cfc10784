"""Notifications about the ports of a bridge, for recorders."""

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
    """A list of callbacks that are called synchronously, in order; they must not block."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[PortChange], None]] = []

    def add(self, callback: Callable[[PortChange], None]) -> Callable[[], None]:
        """Add a callback; return a function that removes it, which may be called twice."""
        self._callbacks.append(callback)

        def remove() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return remove

    def notify(self, change: PortChange) -> None:
        """Call all callbacks."""
        for callback in tuple(self._callbacks):
            callback(change)
