"""Wrong pins, counted over calls: a source that guesses, and a room that is guessed at, must wait.

A call allows three tries, but a caller may dial again. Each source has a budget of wrong pins in each room, and each
room has one for all sources together, for callers with many addresses. Both grow again with time. A source that has
lately given the right pin is not affected by the guesses of others. Memory is bounded.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, TypeVar

from mixminus.conference.admission import role_of
from mixminus.conference.errors import PinInvalid
from mixminus.log import get
from mixminus.model.conference import Role, RoomSettings
from mixminus.model.ids import ConferenceId

__all__ = ["PinGuesses"]

_OF_SOURCE: Final = 9
"""Wrong pins of one source in one room: three calls."""
_SOURCE_RECOVERY_S: Final = 600.0
_OF_ROOM: Final = 60
_ROOM_RECOVERY_S: Final = 300.0
"""Of one wrong pin; ten thousand pins then take a month."""
_KNOWN_S: Final = 86_400.0
_MAX_KEPT: Final = 8192

Key = TypeVar("Key")
Value = TypeVar("Value")

_log = get("conference")


@dataclass(slots=True)
class _Wrong:
    count: float
    at_s: float

    def left(self, now_s: float, recovery_s: float) -> float:
        return max(0.0, self.count - (now_s - self.at_s) / recovery_s)


class PinGuesses:
    """Checks pins within the budgets."""

    def __init__(self) -> None:
        self.refused = 0
        """Pins that were not looked at."""
        self._sources: OrderedDict[tuple[ConferenceId, str], _Wrong] = OrderedDict()
        self._rooms: OrderedDict[ConferenceId, _Wrong] = OrderedDict()
        self._known: OrderedDict[tuple[ConferenceId, str], float] = OrderedDict()
        """When a source has given the right pin."""

    def role_of(
        self, conference_id: ConferenceId, settings: RoomSettings, pin: str, *, source: str, now_s: float
    ) -> Role:
        """Return the role that a pin gives to a source; raise PinInvalid if it is wrong, or the budget is used up.

        ``source`` is an account, or the network of an address; empty where it is not known.
        """
        key = conference_id, source
        if settings.asks_pin and pin and not self._may_try(key, now_s):
            self.refused += 1
            raise PinInvalid("too many wrong pins: try again later")
        try:
            role = role_of(settings, pin)
        except PinInvalid:
            if pin:
                self._failed(key, now_s)
            raise
        if pin:
            _keep(self._known, key, now_s)
        return role

    def _may_try(self, key: tuple[ConferenceId, str], now_s: float) -> bool:
        own = self._sources.get(key)
        if own and own.left(now_s, _SOURCE_RECOVERY_S) > _OF_SOURCE - 1:
            return False
        if now_s - self._known.get(key, float("-inf")) < _KNOWN_S:
            return True
        room = self._rooms.get(key[0])
        return room is None or room.left(now_s, _ROOM_RECOVERY_S) <= _OF_ROOM - 1

    def _failed(self, key: tuple[ConferenceId, str], now_s: float) -> None:
        own, room = self._sources.get(key), self._rooms.get(key[0])
        of_source = 1 + (own.left(now_s, _SOURCE_RECOVERY_S) if own else 0.0)
        of_room = 1 + (room.left(now_s, _ROOM_RECOVERY_S) if room else 0.0)
        _keep(self._sources, key, _Wrong(of_source, now_s))
        _keep(self._rooms, key[0], _Wrong(of_room, now_s))
        if of_source > _OF_SOURCE - 1 or of_room > _OF_ROOM - 1:
            _log.warning(
                "pins are guessed", conference_id=str(key[0]), room=int(of_room), source=int(of_source)
            )


def _keep(table: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    table[key] = value
    table.move_to_end(key)
    if len(table) > _MAX_KEPT:
        table.popitem(last=False)
